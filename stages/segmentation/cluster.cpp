// Classes without a survey: k-means over a sample of the scene.
#include <algorithm>
#include <numeric>
#include <opencv2/core.hpp>

#include "pipeline/core/error.h"
#include "stages/segmentation/gaussian.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/scaling.h"
#include "stages/segmentation/seeded_random.h"
#include "stages/segmentation/segmentation.h"

namespace nadir {
namespace {

struct Params {
  int clusters = 8;
  int samples = 20000;
  int attempts = 3;
  int iterations = 100;
  int texture_levels = 1;
  int texture_radius = 2;
};
NADIR_PARAMS(Params, PARAM(clusters, "", range(2, 64), "How many classes."),
             PARAM(samples, "px", range(100, 1000000), "Pixels that are looked at, from all over the scene."),
             PARAM(attempts, "", range(1, 50), "Starts with different centres; the most compact result counts."),
             PARAM(iterations, "", range(1, 10000), "Moves of the centres at most."),
             PARAM(texture_levels, "", range(0, kMaxLevels),
                   "Subband levels that give texture energies, from the coarsest."),
             PARAM(texture_radius, "", range(0, 8), "Coefficients around a pixel's own that energies average over."))

constexpr int kBlock = 64;               // px, anchored to the scene
constexpr std::size_t kMaxBlocks = 256;  // that are looked at, so that not all of a large scene is read

class SampledPixels final : public Evidence {
 public:
  TrainingSet set;
};

// k-means (Lloyd 1957) from k-means++ centres (Arthur, Vassilvitskii, SODA 2007) over features of zero mean and unit
// spread, by OpenCV. Clusters are numbered by the mean of their first feature. Pixels go to the nearest centre: a
// normal distribution of unit covariance for each class.
class Cluster final : public EstimateStage {
 public:
  Cluster(const Params& p, const StageContext& context)
      : params_(p),
        seed_(context.seed),
        grid_(context.images[0]->grid),
        extractor_(*context.images[0], context.images[1], p.texture_levels, p.texture_radius) {}

  std::vector<Window> blocks() const override;
  Window needs(std::size_t input, const Window& block) const override {
    return input == 0 ? block : extractor_.subband_window(block);
  }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec& exec) const override;
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const override;

 private:
  Params params_;
  std::uint64_t seed_;
  Grid grid_;
  FeatureExtractor extractor_;
};

std::vector<Window> Cluster::blocks() const {
  std::vector<std::pair<std::uint64_t, Window>> ranked;
  for (int y = 0; y < grid_.height; y += kBlock)
    for (int x = 0; x < grid_.width; x += kBlock)
      ranked.emplace_back(mix(seed_, std::uint64_t(x), std::uint64_t(y)),
                          intersect({x, y, kBlock, kBlock}, grid_.window()));
  const auto lower = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::sort(ranked.begin(), ranked.end(), lower);
  ranked.resize(std::min(kMaxBlocks, ranked.size()));
  std::vector<Window> blocks;
  for (const auto& [rank, window] : ranked) blocks.push_back(window);
  std::sort(blocks.begin(), blocks.end(),
            [](const Window& a, const Window& b) { return std::pair(a.y, a.x) < std::pair(b.y, b.x); });
  return blocks;
}

std::unique_ptr<Evidence> Cluster::observe(const Window& block, Inputs in, Exec& exec) const {
  const FeatureBlock features(extractor_, block, in[0], in[1], exec);
  auto evidence = std::make_unique<SampledPixels>();
  TrainingSet& set = evidence->set;
  set.features = extractor_.spec().count();
  std::vector<std::pair<std::uint64_t, Point>> ranked;
  for (int y = block.y; y < block.bottom(); ++y)
    for (int x = block.x; x < block.right(); ++x)
      if (in[0].is_valid(x, y))
        ranked.push_back({mix(seed_ + 1, std::uint64_t(x), std::uint64_t(y)), {double(x), double(y)}});
  const std::size_t share = std::size_t(params_.samples) / std::min(kMaxBlocks, blocks().size()) + 1;
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  ranked.resize(std::min(share, ranked.size()));
  std::vector<float> row(std::size_t(set.features));
  for (const auto& [rank, at] : ranked) {
    features.gather(int(at.x), int(at.y), 1, row.data(), 1);
    set.values.insert(set.values.end(), row.begin(), row.end());
    set.labels.push_back(0);
  }
  return evidence;
}

GaussianTerms terms_of(const cv::Mat& centres, const std::vector<int>& order, const Scaling& scaling) {
  GaussianTerms terms;
  for (const int k : order) {
    for (int f = 0; f < centres.cols; ++f) {
      const float spread = scaling.inverse[std::size_t(f)] > 0 ? 1 / scaling.inverse[std::size_t(f)] : 0.0f;
      terms.mean.push_back(scaling.mean[std::size_t(f)] + centres.at<float>(k, f) * spread);
      for (int g = 0; g <= f; ++g) terms.factor.push_back(g == f ? scaling.inverse[std::size_t(f)] : 0.0f);
    }
    terms.constant.push_back(0);
  }
  return terms;
}

Value Cluster::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec&) const {
  TrainingSet all;
  all.features = extractor_.spec().count();
  for (const auto& e : evidence) {
    const TrainingSet& part = static_cast<const SampledPixels&>(*e).set;
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
    all.labels.insert(all.labels.end(), part.labels.begin(), part.labels.end());
  }
  if (all.size() < std::size_t(params_.clusters))
    throw Error(Fault::data, "the scene has " + std::to_string(all.size()) + " valid pixels where it was looked at, " +
                                 "fewer than " + std::to_string(params_.clusters) + " clusters");
  const Scaling scaling = scaling_of(all);
  TrainingSet z = scaled(all, scaling);
  const cv::Mat samples(int(z.size()), z.features, CV_32F, z.values.data());
  cv::Mat labels, centres;
  const SeededRandom random(mix(seed_, 5));
  const double compactness = cv::kmeans(samples, params_.clusters, labels,
                                        {cv::TermCriteria::MAX_ITER + cv::TermCriteria::EPS, params_.iterations, 1e-4},
                                        params_.attempts, cv::KMEANS_PP_CENTERS, centres);
  std::vector<int> order(static_cast<std::size_t>(params_.clusters));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return std::pair(centres.at<float>(a, 0), a) < std::pair(centres.at<float>(b, 0), b);
  });
  std::vector<ClassInfo> classes;
  std::vector<double> sizes;
  for (const int k : order) {
    const auto id = std::uint16_t(classes.size() + 1);
    classes.push_back({id, "cluster " + std::to_string(id), class_colour(id - 1u)});
    sizes.push_back(double(std::count(labels.begin<int>(), labels.end<int>(), k)));
  }
  auto model = std::make_shared<GaussianClassifier>(extractor_.spec(), classes, all.features,
                                                    terms_of(centres, order, scaling), GaussianKind::centres);
  model->set_facts({{"samples", std::int64_t(all.size())},
                    {"cluster_samples", sizes},
                    {"within_variance", compactness / double(all.size()) / all.features}});
  return ModelPtr(std::move(model));
}

}  // namespace

StageInfo cluster_stage() {
  return {.name = "cluster",
          .family = "segmentation",
          .doc = "Finds classes without a survey: k-means over a sample of the scene. Its model goes to classify.",
          .inputs = {{"image", PortType::image, "Bands to cluster by."},
                     {"subbands", PortType::image, "Decomposition of the image, for local means and textures.", true}},
          .outputs = {{"model", PortType::model, "The centres."}},
          .params = params_of<Params>(),
          .factory = EstimateFactory{make_stage<EstimateStage, Cluster, Params>},
          .flops_per_sample = 20,
          .read_model = read_model_bytes};
}

}  // namespace nadir
