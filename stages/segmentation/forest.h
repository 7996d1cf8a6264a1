// A random forest as flat arrays: how pixels are classified.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stages/segmentation/classifier.h"
#include "stages/segmentation/forest_cells.h"
#include "stages/segmentation/forest_nodes.h"

namespace nadir {

/// Every tree votes for the class of the leaf that a pixel reaches.
class Forest final : public Classifier {
 public:
  /// `typical` holds rows of features like those that will be classified; they decide where prepare() divides the
  /// feature space, and so the speed, never a vote.
  Forest(FeatureSpec spec, std::vector<ClassInfo> classes, std::vector<Tree> trees, std::vector<float> typical = {});
  static std::shared_ptr<Classifier> read(FeatureSpec spec, std::vector<ClassInfo> classes, ByteReader& in);

  std::string_view method() const override { return "random_forest"; }
  Link link() const override { return Link::share; }
  void score(const float* features, int count, std::ptrdiff_t stride, float* scores) const override;
  void choose(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* winners) const override;
  double flops() const override { return 10.0 * double(trees_.size()); }
  std::optional<FlatModel> flat_model() const override;
  void prepare() override;

  const std::vector<Tree>& trees() const { return trees_; }
  const ForestCells& cells() const { return cells_; }
  /// votes[k * stride + i] = number of trees for class k at pixel i, layout and padding as in score().
  void vote(const float* features, int count, std::ptrdiff_t stride, std::uint16_t* votes) const;

 private:
  void describe_method(Record& record) const override;
  void write_body(ByteWriter& out) const override;

  std::vector<Tree> trees_;
  std::vector<float> typical_;
  ForestCells cells_;  ///< empty before prepare()
};

}  // namespace nadir
