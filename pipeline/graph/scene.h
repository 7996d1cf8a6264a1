// A graph bound to one scene: its sources opened, its stages made, its values known as far as they are.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/graph/config.h"

namespace nadir {

class ScratchImage;

/// What a run gives to one scene.
struct SceneInputs {
  std::string name;        ///< unique within the run
  std::string path;        ///< the scene's file
  std::string truth_path;  ///< the survey, may be empty
  std::string output_dir;  ///< DIR/<scene>
  std::string work_dir;    ///< DIR/.nadir/<scene>, for unfinished files
  /// Says what the pixels of the outputs depend on. Runs with the same key go on with each other's work; empty: nothing
  /// of an interrupted run is kept.
  std::string resume_key = {};
  std::string unit = {};  ///< name of this process among several that compute the same scenes; empty: the only one
};

/// What is counted of one node while it runs.
struct NodeStats {
  std::atomic<std::int64_t> calls{0};
  std::atomic<std::int64_t> nanoseconds{0};
  std::atomic<std::int64_t> bytes{0};      ///< written
  std::atomic<std::int64_t> fallbacks{0};  ///< calls for which a device had not enough memory
};

struct BoundNode {
  bool bound = false;
  std::vector<ImageInfo> images;  ///< by output port of raster type
  Value value;                    ///< of the only output of value and estimate nodes
  std::string model_file;         ///< where a model was kept, empty for other values
  std::unique_ptr<Source> source;
  std::unique_ptr<TileStage> tile;
  std::unique_ptr<EstimateStage> estimate;
  std::unique_ptr<Sink> sink;
  Record sink_facts;
  std::map<int, std::shared_ptr<ScratchImage>> stored;  ///< outputs kept between passes
};

class Scene {
 public:
  Scene(const Graph& graph, SceneInputs inputs);

  const Graph& graph() const { return *graph_; }
  const SceneInputs& inputs() const { return inputs_; }
  std::size_t size() const { return nodes_.size(); }
  const Node& node(int n) const { return graph_->nodes[std::size_t(n)]; }
  BoundNode& bound(int n) { return nodes_[std::size_t(n)]; }
  const BoundNode& bound(int n) const { return nodes_[std::size_t(n)]; }
  NodeStats& stats(int n) { return stats_[std::size_t(n)]; }
  /// Whether the node, which must be bound, does its tiles on a device where there is one.
  bool uses_device(int n) const {
    return graph_->wants_device(node(n)) && bound(n).tile && bound(n).tile->device_use() != DeviceUse::none;
  }
  const ImageInfo& image(const PortRef& ref) const { return bound(ref.node).images[std::size_t(ref.output)]; }

  /// Makes the node from its inputs, which must be bound; sinks are opened by open_sink.
  void bind(int n);
  /// `cut` says how the image is cut into tiles: only work that was cut in the same way is gone on with.
  void open_sink(int n, const std::string& cut);
  /// Of work on this scene that was cut in this way.
  std::string resume_key(const std::string& cut) const;
  /// Grid of the scene: that of the first source without a path of its own.
  const Grid& grid();

 private:
  StageContext context(int n) const;

  const Graph* graph_;
  SceneInputs inputs_;
  std::vector<BoundNode> nodes_;
  std::vector<NodeStats> stats_;
  Grid grid_;
  bool has_grid_ = false;
};

/// "super_resolve 'sharp'", for messages.
std::string label(const Node& node);

/// Rethrows the current exception as an Error that says where it happened.
[[noreturn]] void rethrow_with(const std::string& frame);

}  // namespace nadir
