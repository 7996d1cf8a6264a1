// What a stage is. Two kinds compute: a TileStage maps windows to windows, an EstimateStage looks at a scene and
// returns a small value. Sources, value sources and sinks are their counterparts at the edge of the graph, made by io.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pipeline/core/image.h"
#include "pipeline/core/params.h"
#include "pipeline/core/value.h"

namespace nadir {

class Exec;  // pipeline/backend/exec.h: where and how loops over pixels run

using Inputs = std::span<const ConstTileView>;  ///< by input port; the view of a value port or unwired port is empty
using Outputs = std::span<const TileView>;      ///< by output port; the view of an output nobody reads is empty

/// How a tile stage, as it was made, uses a device that it is given.
enum class DeviceUse {
  none,    ///< it runs on the CPU
  staged,  ///< its views lie in the memory of the device
  own      ///< its views lie in the memory of the host; it brings to the device what it wants there
};

/// A pure function from input windows to output windows. Pixels beyond the edge of the scene come mirrored.
class TileStage {
 public:
  virtual ~TileStage() = default;
  /// One entry an output port: grid, bands, type. Known before any pixel is read.
  virtual std::vector<ImageInfo> outputs() const = 0;
  /// The window of an input port (in its own pixels, may reach outside the scene) that a window of an output needs.
  virtual Window needs(std::size_t input, std::size_t output, const Window& out) const = 0;
  /// Tiles of the first output had better start at multiples of this (block grid of an iterative stage, 2^levels).
  virtual int alignment() const { return 1; }
  /// Working memory of one call beside inputs and outputs, bytes.
  virtual std::size_t scratch_bytes(const Window& /*out*/) const { return 0; }
  /// Only asked of stages whose StageInfo says that they can run on a device.
  virtual DeviceUse device_use() const { return DeviceUse::staged; }
  /// Memory of a device that one call takes there beside staged inputs and outputs, bytes.
  virtual std::size_t device_bytes(const Window& out) const { return scratch_bytes(out); }
  /// Fills the output windows, which may differ from one output to another. Const and reentrant: called for many
  /// windows at once, keeps no state.
  virtual void run(Inputs in, Outputs out, Exec& exec) const = 0;
};

/// What an EstimateStage saw in one block.
class Evidence {
 public:
  virtual ~Evidence() = default;
};

/// Looks at blocks of a scene and concludes a value. Evidence is merged in block order, so the value depends on neither
/// threads nor tile sizes.
class EstimateStage {
 public:
  virtual ~EstimateStage() = default;
  /// The windows to look at, anchored to the scene, in pixels of the first wired image input. Only what is needed.
  virtual std::vector<Window> blocks() const = 0;
  /// The window of an input port that the block needs, as for TileStage::needs.
  virtual Window needs(std::size_t input, const Window& block) const = 0;
  /// Bytes of the block's evidence, where they matter: all evidence is kept until the end.
  virtual std::size_t evidence_bytes(const Window& /*block*/) const { return 0; }
  /// Const and reentrant.
  virtual std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const = 0;
  /// Evidence comes in the order of blocks().
  virtual Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const = 0;
};

/// Where images come from. Reading is safe from many threads.
class Source {
 public:
  virtual ~Source() = default;
  virtual const ImageInfo& info() const = 0;
  /// Size of the storage blocks of the file, in pixels; tiles of whole blocks are read fastest.
  virtual Size block() const { return {1, 1}; }
  /// Fills the whole view; its window lies inside the image.
  virtual void read(TileView out) const = 0;
};

/// Where images go. Writing is safe from many threads; nothing appears under the final name before finish().
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(ConstTileView tile) = 0;
  /// True when an earlier, interrupted run wrote exactly this window and it is still there.
  virtual bool holds(const Window& /*window*/) const { return false; }
  /// Completes the output; returns facts for the report (path, size, clipped pixels, …).
  virtual Record finish() = 0;
};

enum class PortType { image, labels, survey, transform, statistics, model };
const char* name_of(PortType type);
inline bool is_raster(PortType type) { return type == PortType::image || type == PortType::labels; }

struct Port {
  std::string name;
  PortType type;
  std::string doc;
  bool optional = false;
  /// For an optional value port: the estimate stage that fills it from the node's first image input when not wired.
  std::string filled_by = {};
  /// Only grid, bands and observation are used; no pixel is read.
  bool info_only = false;
};

/// All that a node is made from. Everything indexed by input port.
struct StageContext {
  std::string node;                              ///< id in the config
  const ParamMap* params = nullptr;              ///< checked
  std::vector<std::optional<ImageInfo>> images;  ///< of raster ports
  std::vector<Value> values;                     ///< of value ports; std::monostate while planning or where not wired
  std::vector<bool> wired = {};                  ///< also while planning; empty when not known
  std::uint64_t seed = 0;
  std::string scene_path;            ///< the scene of this run, for sources without a path
  std::string truth_path;            ///< --truth, for surveys without a path
  const Grid* scene_grid = nullptr;  ///< grid of the scene, for value sources; null while it is not known
  std::string output_stem;           ///< sinks: DIR/<scene>/<node id>, without extension
  std::string work_dir;              ///< sinks: folder for unfinished files, on the same file system
  std::string resume_key = {};       ///< sinks: runs with the same key go on with each other's work; empty: none does
  std::string unit = {};             ///< sinks: of several processes that fill the same files; empty: there is one only

  template <class Params>
  Params read() const {
    return read_params<Params>(*params);
  }
};

using MakeSource = std::function<std::unique_ptr<Source>(const StageContext&)>;
using MakeValue = std::function<Value(const StageContext&)>;
using MakeTileStage = std::function<std::unique_ptr<TileStage>(const StageContext&)>;
using MakeEstimateStage = std::function<std::unique_ptr<EstimateStage>(const StageContext&)>;
using MakeSink = std::function<std::unique_ptr<Sink>(const StageContext&)>;
struct SourceFactory {
  MakeSource make;
};
struct ValueFactory {
  MakeValue make;
};
struct TileFactory {
  MakeTileStage make;
};
struct EstimateFactory {
  MakeEstimateStage make;
};
struct SinkFactory {
  MakeSink make;
};
using Factory = std::variant<SourceFactory, ValueFactory, TileFactory, EstimateFactory, SinkFactory>;

/// One line of the table of contents: everything that is known of a stage without making one.
struct StageInfo {
  std::string name;
  std::string family;
  std::string doc;  ///< first sentence: summary
  std::vector<Port> inputs;
  std::vector<Port> outputs;  ///< the first is the default one
  ParamTable params;
  Factory factory;
  double flops_per_sample = 10;      ///< order of magnitude, for the choice of what to keep between passes
  std::string file_ending = ".tif";  ///< of what a sink writes
  bool on_device = false;            ///< what costs time goes through Exec's launchers, so it can run on CUDA
  /// Of stages that make a model: reads what Model::bytes() gave. Throws Error(Fault::data) where it is damaged.
  std::function<ModelPtr(std::string_view bytes)> read_model = {};

  template <class T>
  const T* as() const {
    return std::get_if<T>(&factory);
  }
};

/// For factories of stages that take their parameters and context: `TileFactory{make_stage<TileStage, Blur, Params>}`.
template <class Base, class Stage, class Params>
std::unique_ptr<Base> make_stage(const StageContext& context) {
  return std::make_unique<Stage>(context.read<Params>(), context);
}

}  // namespace nadir
