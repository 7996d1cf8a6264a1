// Classifying by boxes of the feature space.
#include "stages/segmentation/forest_cells.h"

#include <algorithm>
#include <array>

namespace nadir {
namespace {

constexpr int kStep = 16;  // px that look for their boxes side by side

}  // namespace

// 16 pixels in step: their walks do not depend on each other, so that their loads overlap.
void ForestCells::find_cells(const float* features, int count, std::ptrdiff_t stride, std::uint32_t* cells) const {
  const ForestNode* nodes = router_.nodes.data();
  for (int first = 0; first < count; first += kStep) {
    std::array<std::uint32_t, kStep> at{};
    for (int step = 0; step < router_.depth; ++step) {
      std::uint32_t moved = 0;
      for (std::size_t i = 0; i < kStep; ++i) {
        const ForestNode node = nodes[at[i]];
        const std::uint32_t next =
            node.left() + (features[node.feature() * stride + first + std::ptrdiff_t(i)] > node.threshold);
        moved |= next ^ at[i];
        at[i] = next;
      }
      if (moved == 0) break;
    }
    for (std::size_t i = 0; i < kStep; ++i) cells[first + int(i)] = cell_of_[at[i]];
  }
}

void ForestCells::walk(const Cell& cell, const float* row, std::uint16_t* votes) const {
  const ForestNode* nodes = nodes_.data();
  for (std::uint32_t g = cell.first; g < cell.first + cell.groups; ++g) {
    std::array<std::uint32_t, kTogether> at;
    std::copy_n(groups_[g].at, kTogether, at.begin());
    for (int step = 0; step < groups_[g].steps; ++step)
      for (std::uint32_t& place : at) {
        const ForestNode node = nodes[place];
        place = node.left() + (row[node.feature()] > node.threshold);
      }
    for (const std::uint32_t place : at) ++votes[leaf_class_[place]];
  }
}

void ForestCells::gather(const float* features, std::ptrdiff_t stride, float* row) const {
  for (int f = 0; f < features_; ++f) row[f] = features[f * stride];
}

void ForestCells::vote(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* votes) const {
  std::vector<std::uint32_t> cells(std::size_t(count + kStep));
  find_cells(features, count, stride, cells.data());
  std::vector<float> row(static_cast<std::size_t>(features_));
  std::vector<std::uint16_t> own(std::size_t(classes_) + 1);
  for (int i = 0; i < count; ++i) {
    const std::uint32_t c = cells[std::size_t(i)];
    std::copy_n(decided_.begin() + std::ptrdiff_t(c) * classes_, classes_, own.begin());
    if (cells_[c].groups > 0) {
      gather(features + i, stride, row.data());
      walk(cells_[c], row.data(), own.data());
    }
    for (int k = 0; k < classes_; ++k) votes[k * stride + i] = own[std::size_t(k)];
  }
}

void ForestCells::choose(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* winners) const {
  std::vector<std::uint32_t> cells(std::size_t(count + kStep));
  find_cells(features, count, stride, cells.data());
  std::vector<float> row(static_cast<std::size_t>(features_));
  std::vector<std::uint16_t> own(std::size_t(classes_) + 1);
  for (int i = 0; i < count; ++i) {
    const std::uint32_t c = cells[std::size_t(i)];
    winners[i] = cells_[c].chosen;
    if (winners[i] < classes_) continue;
    std::copy_n(decided_.begin() + std::ptrdiff_t(c) * classes_, classes_, own.begin());
    gather(features + i, stride, row.data());
    walk(cells_[c], row.data(), own.data());
    winners[i] = std::uint16_t(std::max_element(own.begin(), own.end() - 1) - own.begin());
  }
}

}  // namespace nadir
