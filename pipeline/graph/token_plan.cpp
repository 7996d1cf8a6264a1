// The backward walk of windows, the tile lattice, and the arithmetic of memory.
#include "pipeline/graph/token_plan.h"

#include <algorithm>
#include <cmath>

#include "pipeline/graph/device_queue.h"
#include "pipeline/graph/memory_need.h"

namespace nadir {
namespace {

constexpr int kSmallestTile = 32;
constexpr int kSmallestBusyTile = 128;  // smaller ones spend more on halos than threads gain

void request_window(TokenWindows& windows, const Scene& scene, const PortRef& ref, const Window& need) {
  if (need.empty()) return;
  const Size size = scene.image(ref).grid.size();
  OutputWindows& w = windows[std::size_t(ref.node)][std::size_t(ref.output)];
  w.inside = unite(w.inside, mirror_source(need, size));
  w.memory = unite(w.memory, unite(need, w.inside));
  // What was asked for before may now have its mirror image elsewhere; the union of all mirror sources is inside.
  w.inside = unite(w.inside, mirror_source(w.memory, size));
  w.memory = unite(w.memory, w.inside);
}

// Edge alignment in pixels of a root: the largest that any stage upstream asks for, brought to the root's pixel size.
int alignment_of(const Scene& scene, const PassPlan& plan, const PortRef& root) {
  double alignment = 1;
  const double gsd = scene.image(root).grid.gsd_x();
  for (const int n : plan.nodes) {
    const BoundNode& b = scene.bound(n);
    if (!b.tile || plan.from_scratch[std::size_t(n)] || b.images.empty()) continue;
    alignment = std::max(alignment, b.tile->alignment() * b.images.front().grid.gsd_x() / gsd);
  }
  return std::max(1, int(std::lround(alignment)));
}

struct Root {
  int node;
  int input;
  PortRef ref;
};

std::vector<Root> roots_of(const Scene& scene, const Pass& pass) {
  std::vector<Root> roots;
  for (const int s : pass.sinks)
    for (std::size_t i = 0; i < scene.node(s).inputs.size(); ++i)
      if (reads_pixels(scene.node(s), i)) roots.push_back({s, int(i), *scene.node(s).inputs[i]});
  for (const PortRef& k : pass.keeps) roots.push_back({k.node, -1, k});
  return roots;
}

// Cuts every root into the same number of tiles; tile (i, j) of each covers about the same ground.
std::vector<Token> tile_tokens(const Scene& scene, const std::vector<Root>& roots, const Grid& largest, int tile) {
  const int nx = std::max(1, ceil_div(largest.width, tile));
  const int ny = std::max(1, ceil_div(largest.height, tile));
  const auto cut = [](int i, int n, int tile_edge, double ratio, int size) {
    return i == n ? size : std::clamp(int(std::lround(double(i) * tile_edge * ratio)), 0, size);
  };
  std::vector<Token> tokens;
  for (int j = 0; j < ny; ++j)
    for (int i = 0; i < nx; ++i) {
      Token token;
      for (const Root& r : roots) {
        const Grid& g = scene.image(r.ref).grid;
        const double rx = largest.gsd_x() / g.gsd_x();
        const double ry = largest.gsd_y() / g.gsd_y();
        const Window w = from_edges(cut(i, nx, tile, rx, g.width), cut(j, ny, tile, ry, g.height),
                                    cut(i + 1, nx, tile, rx, g.width), cut(j + 1, ny, tile, ry, g.height));
        if (!w.empty()) token.requests.push_back({r.node, r.input, r.ref, w});
      }
      tokens.push_back(std::move(token));
    }
  return tokens;
}

std::vector<Token> block_tokens(const Scene& scene, int estimate) {
  std::vector<Token> tokens;
  const EstimateStage& stage = *scene.bound(estimate).estimate;
  for (const Window& block : stage.blocks()) {
    Token token{block, {}};
    for (std::size_t i = 0; i < scene.node(estimate).inputs.size(); ++i)
      if (reads_pixels(scene.node(estimate), i))
        token.requests.push_back({estimate, int(i), *scene.node(estimate).inputs[i], stage.needs(i, block)});
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// The most that an estimate keeps until its end.
std::size_t evidence_of(const EstimateStage& stage) {
  std::size_t bytes = 0;
  for (const Window& block : stage.blocks()) bytes += stage.evidence_bytes(block);
  return bytes;
}

struct Usage {
  std::size_t total = 0;
  std::size_t largest = 0;
  int largest_node = -1;
  std::size_t device = 0;
};

// Memory of a device that one tile of a node takes.
std::size_t device_bytes_of(const Scene& scene, int n, const TokenWindows& windows) {
  const TileStage& stage = *scene.bound(n).tile;
  const Node& node = scene.node(n);
  std::size_t bytes = 0;
  std::vector<Window> needs(node.inputs.size());
  for (std::size_t o = 0; o < windows[std::size_t(n)].size(); ++o) {
    const Window& out = windows[std::size_t(n)][o].inside;
    if (out.empty()) continue;
    bytes += stage.device_bytes(out);
    if (stage.device_use() == DeviceUse::own) continue;
    bytes += Tile::bytes(out, scene.bound(n).images[o].band_count());
    for (std::size_t i = 0; i < needs.size(); ++i) needs[i] = unite(needs[i], stage.needs(i, o, out));
  }
  for (std::size_t i = 0; i < needs.size(); ++i)
    if (reads_pixels(node, i)) bytes += Tile::bytes(needs[i], scene.image(*node.inputs[i]).band_count());
  return bytes;
}

Usage usage_of(const Scene& scene, const PassPlan& plan, const Token& token) {
  const TokenWindows windows = plan_token(scene, plan, token);
  Usage usage;
  for (const int n : plan.nodes) {
    std::size_t bytes = 0;
    for (std::size_t o = 0; o < windows[std::size_t(n)].size(); ++o) {
      const OutputWindows& w = windows[std::size_t(n)][o];
      bytes += Tile::bytes(w.memory, scene.bound(n).images[o].band_count());
      if (scene.bound(n).tile && !plan.from_scratch[std::size_t(n)])
        bytes += scene.bound(n).tile->scratch_bytes(w.inside);
    }
    usage.total += bytes;
    if (std::find(plan.on_device.begin(), plan.on_device.end(), n) != plan.on_device.end())
      usage.device = std::max(usage.device, kDeviceStreams * device_bytes_of(scene, n, windows));
    if (bytes > usage.largest) usage.largest_node = n;
    usage.largest = std::max(usage.largest, bytes);
  }
  return usage;
}

// Tokens differ only by the scene's edges, so some stand for all. Steps of the golden ratio meet the inner columns of
// every lattice; an even step may stay in the first one, whose halos are cut.
Usage largest_usage(const Scene& scene, const PassPlan& plan) {
  constexpr std::size_t kLookedAt = 64;
  constexpr double kGolden = 0.6180339887498949;
  Usage worst;
  std::size_t device = 0;
  const std::size_t count = plan.tokens.size();
  for (std::size_t k = 0; k < std::min(count, kLookedAt); ++k) {
    const double place = kGolden * double(k + 1);
    const std::size_t t = count <= kLookedAt ? k : std::size_t((place - std::floor(place)) * double(count));
    const Usage u = usage_of(scene, plan, plan.tokens[t]);
    device = std::max(device, u.device);
    if (u.total > worst.total) worst = u;
  }
  worst.device = device;
  return worst;
}

std::string mib(std::size_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

// Stages state bounds, which few reach: what does not fit is no reason to refuse a run, but one to warn of it. Three
// quarters of the memory at most are reserved, for tiles must go on; they are 15 / 32 of --memory at least.
void reserve_for_evidence(const Scene& scene, PassPlan& plan, int estimate, const MemoryLimits& limits) {
  const std::size_t most = evidence_of(*scene.bound(estimate).estimate);
  plan.evidence_bytes = std::min(most, limits.tiles / 4 * 3);
  plan.reason = "blocks of the estimate, which keeps " + mib(most);
  if (most > plan.evidence_bytes) {
    plan.reason += ", " + mib(plan.evidence_bytes) + " of them reserved";
    plan.warning = label(scene.node(estimate)) + " keeps up to " + mib(most) + " until its end, but only " +
                   mib(plan.evidence_bytes) + " can be reserved for that: the run may take more than --memory; raise " +
                   "it to " + mib(most / 15 * 32);
  }
  plan.reason += "; ";
}

// What an estimate keeps takes part of the memory, three quarters at most.
std::size_t needed_with_evidence(std::size_t token_bytes, const EstimateStage* estimate) {
  return token_bytes + (estimate ? std::min(evidence_of(*estimate), 3 * token_bytes) : 0);
}

// Of `limits` what the estimate keeps is taken off already.
void fit_into_memory(const Scene& scene, PassPlan& plan, const Usage& usage, const MemoryLimits& limits,
                     const EstimateStage* estimate = nullptr) {
  plan.token_bytes = usage.total;
  plan.device_bytes = usage.device;
  const std::size_t fitting = limits.tiles / std::max<std::size_t>(1, usage.total);
  if (fitting == 0) {
    const std::string who = usage.largest_node >= 0 ? label(scene.node(usage.largest_node)) : "the graph";
    const std::size_t least = budget_for(needed_with_evidence(usage.total, estimate));
    throw TooLittleMemory("one tile needs " + mib(usage.total) + ", of which " + who + " takes " + mib(usage.largest) +
                              ", but " + mib(limits.tiles) + " are left for tiles; raise --memory to at least " +
                              mib(least),
                          least);
  }
  plan.tokens_in_flight = int(std::clamp<std::size_t>(fitting, 1, std::size_t(2 * limits.threads)));
  plan.reason += std::to_string(plan.tokens_in_flight) + " in flight: " + mib(usage.total) + " each of " +
                 mib(limits.tiles) + ", at most two a thread";
}

// A row of tiles shares blocks of the file with the next one. Where the cache cannot hold the blocks of a whole row and
// of the halos above and below it, narrower bands of columns are worked off one after the other, so that few blocks are
// decoded twice.
int columns_that_fit(const Scene& scene, const PassPlan& plan, const Grid& grid, const MemoryLimits& limits) {
  double column_bytes = 0;
  for (const int n : plan.nodes) {
    const BoundNode& b = scene.bound(n);
    if (!b.source || plan.from_scratch[std::size_t(n)]) continue;
    const ImageInfo& info = b.images.front();
    const Size block = b.source->block();
    if (block.width >= info.grid.width) return 0;  // strips
    const double width = plan.tile * grid.gsd_x() / info.grid.gsd_x();
    const double height = plan.tile * grid.gsd_y() / info.grid.gsd_y() + 2 * block.height;
    column_bytes += width * height * info.band_count() * size_of(info.type);
  }
  const double fitting = double(limits.cache) / std::max(1.0, column_bytes);
  return fitting >= plan.across ? 0 : std::max(limits.threads, int(fitting) - 1);
}

void cut_into_tiles(const Scene& scene, PassPlan& plan, const Pass& pass, int tile, const MemoryLimits& limits) {
  const std::vector<Root> roots = roots_of(scene, pass);
  const Root* largest = &roots.front();
  for (const Root& r : roots)
    if (scene.image(r.ref).grid.window().area() > scene.image(largest->ref).grid.window().area()) largest = &r;
  const Grid& grid = scene.image(largest->ref).grid;
  const int alignment = alignment_of(scene, plan, largest->ref);
  const auto aligned = [alignment](int edge) { return ceil_div(edge, alignment) * alignment; };
  const int wanted = aligned(tile);
  int busy = wanted;  // small enough that every thread has work
  while (!limits.fixed_tile && busy > kSmallestBusyTile && busy > alignment &&
         ceil_div(grid.width, busy) * ceil_div(grid.height, busy) < 2 * limits.threads)
    busy = aligned(busy / 2);
  Usage usage;
  for (plan.tile = busy;; plan.tile = aligned(plan.tile / 2)) {
    plan.tokens = tile_tokens(scene, roots, grid, plan.tile);
    usage = largest_usage(scene, plan);
    if (limits.fixed_tile || usage.total <= limits.tiles || plan.tile / 2 < kSmallestTile || plan.tile <= alignment)
      break;
  }
  plan.across = ceil_div(grid.width, plan.tile);
  plan.column_band = columns_that_fit(scene, plan, grid, limits);
  plan.reason = "tile " + std::to_string(tile);
  if (wanted != tile)
    plan.reason += ", rounded up to " + std::to_string(wanted) + " (blocks of " + std::to_string(alignment) + ")";
  if (busy != wanted) plan.reason += ", reduced to " + std::to_string(busy) + " so that all threads have work";
  if (plan.tile != busy) plan.reason += ", halved to " + std::to_string(plan.tile) + " to fit into memory";
  if (plan.column_band > 0)
    plan.reason += ", in bands of " + std::to_string(plan.column_band) + " columns that the readers' cache can hold";
  plan.reason += "; ";
  fit_into_memory(scene, plan, usage, limits);
}

}  // namespace

TokenWindows plan_token(const Scene& scene, const PassPlan& plan, const Token& token) {
  TokenWindows windows;
  plan_token(scene, plan, token, windows);
  return windows;
}

void plan_token(const Scene& scene, const PassPlan& plan, const Token& token, TokenWindows& windows) {
  windows.resize(scene.size());
  for (std::size_t n = 0; n < windows.size(); ++n) windows[n].assign(scene.bound(int(n)).images.size(), {});
  for (const Request& r : token.requests) request_window(windows, scene, r.ref, r.window);
  for (std::size_t k = plan.nodes.size(); k-- > 0;) {
    const int n = plan.nodes[k];
    const BoundNode& b = scene.bound(n);
    if (!b.tile || plan.from_scratch[std::size_t(n)]) continue;
    for (std::size_t o = 0; o < b.images.size(); ++o) {
      const Window out = windows[std::size_t(n)][o].inside;
      if (out.empty()) continue;
      for (std::size_t i = 0; i < scene.node(n).inputs.size(); ++i)
        if (reads_pixels(scene.node(n), i))
          request_window(windows, scene, *scene.node(n).inputs[i], b.tile->needs(i, o, out));
    }
  }
}

PassPlan plan_pass(const Scene& scene, const std::vector<Pass>& passes, std::size_t pass, int tile,
                   const MemoryLimits& limits) {
  PassPlan plan;
  plan.pass = pass;
  plan.nodes = nodes_of(scene.graph(), passes, pass);
  plan.from_scratch.resize(scene.size(), false);
  const std::vector<Pass> earlier(passes.begin(), passes.begin() + std::ptrdiff_t(pass));
  for (std::size_t n = 0; n < scene.size(); ++n)
    for (std::size_t o = 0; o < scene.bound(int(n)).images.size(); ++o)
      if (is_kept(earlier, {int(n), int(o)})) plan.from_scratch[n] = true;
  // Kept images are read by the nodes that use them, so they take part in the pass as readers.
  std::vector<bool> part(scene.size(), false);
  for (const int n : plan.nodes) {
    part[std::size_t(n)] = true;
    for (std::size_t i = 0; i < scene.node(n).inputs.size(); ++i)
      if (reads_pixels(scene.node(n), i)) part[std::size_t(scene.node(n).inputs[i]->node)] = true;
  }
  plan.nodes.clear();
  for (std::size_t n = 0; n < part.size(); ++n)
    if (part[n]) plan.nodes.push_back(int(n));
  for (const int n : plan.nodes)
    if (scene.uses_device(n) && !plan.from_scratch[std::size_t(n)]) plan.on_device.push_back(n);
  if (passes[pass].tiles()) {
    cut_into_tiles(scene, plan, passes[pass], tile, limits);
  } else {
    plan.tokens = block_tokens(scene, passes[pass].estimate);
    reserve_for_evidence(scene, plan, passes[pass].estimate, limits);
    MemoryLimits left = limits;
    left.tiles -= plan.evidence_bytes;
    fit_into_memory(scene, plan, largest_usage(scene, plan), left, scene.bound(passes[pass].estimate).estimate.get());
  }
  return plan;
}

}  // namespace nadir
