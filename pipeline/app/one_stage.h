// Single stages outside of any graph, for commands that measure: benchmarks and evaluations.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/backend/exec.h"
#include "pipeline/core/registry.h"

namespace nadir::app {

/// An image in memory, as a source.
class MemorySource final : public Source {
 public:
  MemorySource(ImageInfo info, Tile tile) : info_(std::move(info)), tile_(std::move(tile)) {}
  const ImageInfo& info() const override { return info_; }
  void read(TileView out) const override { copy_pixels(tile_.view(), out, out.window); }

 private:
  ImageInfo info_;
  Tile tile_;
};

/// The first output of a stage with one image input, computed where it is read.
class TileSource final : public Source {
 public:
  TileSource(const StageInfo& stage, const ParamMap& params, std::unique_ptr<Source> input);
  const ImageInfo& info() const override { return info_; }
  void read(TileView out) const override;

 private:
  std::unique_ptr<Source> input_;
  std::unique_ptr<TileStage> stage_;
  ImageInfo info_;
};

/// What goes into a stage, by input port: a source for raster ports, a value for the others; null and monostate where
/// nothing is wired.
struct Wiring {
  std::vector<const Source*> images;
  std::vector<Value> values;
};

Wiring wiring_for(const StageInfo& stage);

/// What the stage is made from. `params` must outlive the context.
StageContext context_of(const StageInfo& stage, const ParamMap& params, const Wiring& wiring);

/// Any window of a source, mirrored at the edges of the scene.
Tile read_window(const Source& source, const Window& window);

/// Streams the blocks of an estimate stage and returns what it concludes.
Value run_estimate(const StageInfo& stage, const ParamMap& params, const Wiring& wiring);

/// "name=value" texts as parameters of the stage; lists are separated by commas. Throws Error(Fault::usage).
ParamMap parse_params(const StageInfo& stage, const std::vector<std::string>& texts);

}  // namespace nadir::app
