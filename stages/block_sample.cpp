// Which blocks of a scene estimates look at.
#include "stages/block_sample.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace nadir {

std::vector<Window> sampled_blocks(Size scene, int edge, std::size_t most, std::uint64_t seed) {
  std::vector<Window> all;
  for (int y = 0; y < scene.height; y += edge)
    for (int x = 0; x < scene.width; x += edge)
      all.push_back(intersect({x, y, edge, edge}, {0, 0, scene.width, scene.height}));
  if (all.size() <= most) return all;
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < most; ++i) std::swap(order[i], order[i + std::size_t(random() % (order.size() - i))]);
  order.resize(most);
  std::sort(order.begin(), order.end());
  std::vector<Window> chosen;
  for (const std::size_t i : order) chosen.push_back(all[i]);
  return chosen;
}

}  // namespace nadir
