// A forest that is evaluated beforehand as far as it can be.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/segmentation/forest_nodes.h"

namespace nadir {

/// The feature space is divided into boxes. Within a box many trees can give one class only: their votes are counted
/// once. Of the others the box keeps what it leaves undecided, mostly a decision or two. A pixel goes down one tree
/// that finds its box, and then only through these: the votes are those of the whole forest.
class ForestCells {
 public:
  ForestCells() = default;
  /// `typical` holds rows of `features` features; boxes are divided where this decides most trees for most rows.
  ForestCells(std::span<const Tree> trees, int classes, int features, std::span<const float> typical);

  bool empty() const { return cells_.empty(); }
  std::size_t size() const { return cells_.size(); }
  /// Memory that the boxes take.
  std::size_t bytes() const;
  /// Trees that are undecided in the box of a typical row, on average.
  double undecided() const { return undecided_; }
  /// As Forest::vote().
  void vote(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* votes) const;
  /// Only the class with the most votes; where the decided trees have chosen, the others are not asked.
  void choose(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* winners) const;

 private:
  friend class CellBuilder;
  // Walks of one box that take at most so many steps, in groups of kTogether; spare ones begin at a leaf without vote.
  static constexpr int kTogether = 8;
  struct Cell {
    std::uint32_t first = 0;  ///< of its groups
    std::uint16_t groups = 0;
    std::uint16_t chosen = 0;  ///< the class that wins whatever the undecided trees say; classes_ where they matter
  };
  struct Group {
    std::uint32_t at[kTogether];
    std::int32_t steps;
  };

  void find_cells(const float* features, int count, std::ptrdiff_t stride, std::uint32_t* cells) const;
  void gather(const float* features, std::ptrdiff_t stride, float* row) const;
  void walk(const Cell& cell, const float* row, std::uint16_t* votes) const;

  int classes_ = 0;
  int features_ = 0;
  double undecided_ = 0;
  Tree router_;                         ///< its leaves' classes are not used
  std::vector<std::uint32_t> cell_of_;  ///< by node of the router
  std::vector<Cell> cells_;
  std::vector<std::uint16_t> decided_;  ///< votes, classes_ a cell
  std::vector<Group> groups_;
  std::vector<ForestNode> nodes_;          ///< pairs of leaves for all pairs of classes, a leaf of nobody's, the boxes'
  std::vector<std::uint16_t> leaf_class_;  ///< classes_ for the leaf of nobody's
};

}  // namespace nadir
