// A graph as its author wrote it, checked: nodes in an order in which each comes after what it reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/error.h"
#include "pipeline/core/registry.h"

namespace nadir {

/// One output of one node.
struct PortRef {
  int node = -1;
  int output = 0;
  friend bool operator==(const PortRef&, const PortRef&) = default;
};

struct Node {
  std::string id;
  const StageInfo* stage = nullptr;
  ParamMap params;                             ///< as given and checked; what is missing has its default
  std::vector<std::optional<PortRef>> inputs;  ///< by input port of the stage
  std::optional<bool> materialize;             ///< keep the image between passes; empty: the planner decides
  Place place;
};

enum class DeviceChoice { automatic, cpu, cuda };

/// The `run` section; the command line overrides it.
struct RunSettings {
  int tile = 512;
  std::string memory = "4GiB";
  DeviceChoice device = DeviceChoice::automatic;
  std::int64_t seed = 0;
  int threads = 0;
};
NADIR_PARAMS(
    RunSettings, PARAM(tile, "px", range(16, 65536), "Edge of a tile, in pixels of the largest output."),
    PARAM(memory, "", any(), "Memory budget of the whole program, as 512MiB or 4GiB."),
    PARAM(device, "", choices({"auto", "cpu", "cuda"}),
          "Where stages that can run on a GPU run. cuda: all of them there. auto: there, if there is one, where "
          "the work on a pixel outweighs its way to the GPU and back, as in super-resolution and classifiers."),
    PARAM(seed, "", range(0, 9.0e15), "Seed of everything random."),
    PARAM(threads, "", range(0, 1024), "Threads; 0: all cores."))

struct Graph {
  std::string file;
  RunSettings run;
  std::vector<Node> nodes;

  const Node& producer(const PortRef& ref) const { return nodes[std::size_t(ref.node)]; }
  const Port& port(const PortRef& ref) const { return producer(ref).stage->outputs[std::size_t(ref.output)]; }
  int find(const std::string& id) const;  ///< -1 when there is no such node
  /// Whether the node's stage is to run on a device, where there is one and the stage can with its parameters.
  bool wants_device(const Node& node) const;
};

/// Reads and checks a config. `overrides` are texts like "sharp.scale=3" or "run.tile=256", applied before the checks.
/// Throws ConfigError with every complaint, Error(Fault::missing) when the file cannot be read.
Graph load_graph(const std::string& path, const Registry& registry, const std::vector<std::string>& overrides = {});
Graph parse_graph(const std::string& text, const std::string& file, const Registry& registry,
                  const std::vector<std::string>& overrides = {});

/// "4GiB", "512 MB", "1000000" in bytes; empty when the text is no size.
std::optional<std::size_t> parse_bytes(const std::string& text);

}  // namespace nadir
