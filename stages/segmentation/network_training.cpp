// Adam, early stopping, curriculum.
#include "stages/segmentation/network_training.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "stages/segmentation/folds.h"
#include "stages/segmentation/gaussian.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/network_gradient.h"

namespace nadir {
namespace {

constexpr int kBatch = TrainingNetwork::kBatch;
constexpr int kStepsPerCheck = 50;
constexpr int kValidationFolds = 5;
constexpr double kFirstEasyShare = 0.3;  // of the pixels, that a curriculum begins with

class Adam {
 public:
  Adam(std::size_t count, double decay) : decay_(decay), first_(count), second_(count) {}
  void step(std::vector<float>& weights, const std::vector<float>& gradient, double rate) {
    ++steps_;
    const auto a = float(rate / (1 - std::pow(kBeta1, steps_)));
    const auto c = float(1 / (1 - std::pow(kBeta2, steps_)));
    const auto keep = float(1 - rate * decay_);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      first_[i] = float(kBeta1) * first_[i] + float(1 - kBeta1) * gradient[i];
      second_[i] = float(kBeta2) * second_[i] + float(1 - kBeta2) * gradient[i] * gradient[i];
      weights[i] = keep * weights[i] - a * first_[i] / (std::sqrt(c * second_[i]) + 1e-8f);
    }
  }

 private:
  static constexpr double kBeta1 = 0.9, kBeta2 = 0.999;
  double decay_;
  int steps_ = 0;
  std::vector<float> first_, second_;
};

// Easy pixels first: by how far the likelihood of their own class is above the best other one's.
std::vector<std::size_t> by_margin(const TrainingSet& z, std::size_t classes, std::vector<std::size_t> order) {
  std::vector<ClassInfo> names(classes);
  const GaussianClassifier first({}, names, z.features, fit_gaussian(z, classes, 0.1), GaussianKind::likelihood);
  std::vector<float> margin(z.size());
  AlignedFloats row(std::size_t(z.features) * Classifier::kGroup), scores(classes * Classifier::kGroup);
  for (const std::size_t i : order) {
    for (int f = 0; f < z.features; ++f) row.data()[f * Classifier::kGroup] = z.row(i)[f];
    first.score(row.data(), 1, Classifier::kGroup, scores.data());
    float other = -std::numeric_limits<float>::infinity();
    for (std::size_t k = 0; k < classes; ++k)
      if (k != z.labels[i]) other = std::max(other, scores.data()[k * Classifier::kGroup]);
    margin[i] = scores.data()[z.labels[i] * Classifier::kGroup] - other;
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return margin[a] > margin[b]; });
  return order;
}

class Trainer {
 public:
  Trainer(const TrainingSet& z, std::size_t classes, const NetworkParams& p, std::uint64_t seed)
      : z_(z), classes_(classes), p_(p), seed_(seed), weight_of_class_(classes, 1.0f) {}

  struct Outcome {
    int best_step = 0;
    double best_loss = 0;
    double best_accuracy = 0;
    TrainingNetwork network;
  };

  // Trains on `train`; with pixels to validate on, remembers after how many steps their loss was least.
  Outcome run(std::vector<std::size_t> train, const std::vector<std::size_t>& validate, int stop_after) {
    Outcome out{stop_after, 0, 0, start()};
    if (p_.balanced) balance(train);
    if (p_.curriculum) train = by_margin(z_, classes_, std::move(train));
    Adam adam(out.network.weights().size(), p_.weight_decay);
    std::vector<float> gradient;
    std::vector<std::size_t> batch(kBatch);
    for (int step = 0; step < stop_after; ++step) {
      draw(train, step, batch);
      load(out.network, batch, kBatch);
      out.network.forward();
      out.network.backward(labels_, weights_, gradient);
      adam.step(out.network.weights(), gradient, rate(step));
      if (!validate.empty() && (step + 1) % kStepsPerCheck == 0) check(out, validate, step + 1);
    }
    return out;
  }

 private:
  TrainingNetwork start() const {
    std::vector<int> units{z_.features};
    for (const double n : p_.hidden) units.push_back(int(n));
    units.push_back(int(classes_));
    return TrainingNetwork(units, p_.activation, mix(seed_, 1));
  }

  double rate(int step) const {
    return p_.learning_rate * 0.5 * (1 + std::cos(3.14159265358979323846 * step / p_.steps));
  }

  void balance(const std::vector<std::size_t>& train) {
    std::vector<double> counts(classes_);
    double all = 0;
    for (const std::size_t i : train) counts[z_.labels[i]] += z_.weight(i), all += z_.weight(i);
    const double present = double(std::count_if(counts.begin(), counts.end(), [](double n) { return n > 0; }));
    for (std::size_t k = 0; k < classes_; ++k)
      weight_of_class_[k] = counts[k] > 0 ? float(all / (present * counts[k])) : 0.0f;
  }

  // With replacement, so that a batch depends on the step alone.
  void draw(const std::vector<std::size_t>& train, int step, std::vector<std::size_t>& batch) const {
    double share = 1;
    if (p_.curriculum) share = std::min(1.0, kFirstEasyShare + (1 - kFirstEasyShare) * 2 * step / p_.steps);
    const double pool = std::max(1.0, share * double(train.size()));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const double u = unit_interval(mix(mix(seed_, 2), std::uint64_t(step), i));
      batch[i] = train[std::min(train.size() - 1, std::size_t(u * pool))];
    }
  }

  void load(TrainingNetwork& network, const std::vector<std::size_t>& pixels, int count) {
    for (int i = 0; i < kBatch; ++i) {
      const std::size_t at = pixels[std::size_t(std::min(i, count - 1))];
      labels_[i] = z_.labels[at];
      weights_[i] = i < count ? weight_of_class_[z_.labels[at]] * float(z_.weight(at)) / float(count) : 0.0f;
      for (int f = 0; f < z_.features; ++f) network.input()[f * kBatch + i] = z_.row(at)[f];
    }
  }

  void check(Outcome& out, const std::vector<std::size_t>& validate, int step) {
    double loss = 0;
    int correct = 0;
    for (std::size_t first = 0; first < validate.size(); first += kBatch) {
      const std::vector<std::size_t> part(validate.begin() + std::ptrdiff_t(first),
                                          validate.begin() + std::ptrdiff_t(std::min(validate.size(), first + kBatch)));
      load(out.network, part, int(part.size()));
      out.network.forward();
      loss += out.network.loss(labels_, weights_, &correct) * double(part.size());
    }
    if (out.best_loss != 0 && loss >= out.best_loss) return;
    out.best_loss = loss;
    out.best_step = step;
    out.best_accuracy = double(correct) / double(validate.size());
  }

  const TrainingSet& z_;
  std::size_t classes_;
  const NetworkParams& p_;
  std::uint64_t seed_;
  std::vector<float> weight_of_class_;
  std::uint16_t labels_[kBatch] = {};
  float weights_[kBatch] = {};
};

// A fifth of the survey features of every class that has several.
void split(const TrainingSet& set, std::uint64_t seed, std::vector<std::size_t>& train,
           std::vector<std::size_t>& validate) {
  const Groups groups = group_pixels(set);
  const std::vector<int> fold = assign_folds(groups.groups, kValidationFolds, seed);
  for (std::size_t i = 0; i < set.size(); ++i) (fold[groups.of_pixel[i]] == 0 ? validate : train).push_back(i);
}

}  // namespace

TrainedNetwork train_network(const TrainingSet& set, std::size_t classes, const NetworkParams& params,
                             std::uint64_t seed) {
  const Scaling scaling = scaling_of(set);
  const TrainingSet z = scaled(set, scaling);
  Trainer trainer(z, classes, params, seed);
  std::vector<std::size_t> all(z.size()), train, validate;
  std::iota(all.begin(), all.end(), std::size_t{0});
  TrainedNetwork result;
  result.steps = params.steps;
  if (params.early_stopping && !set.groups.empty()) split(set, mix(seed, 3), train, validate);
  if (!validate.empty() && !train.empty()) {
    const auto trial = trainer.run(train, validate, params.steps);
    result.steps = trial.best_step;
    result.validation_accuracy = trial.best_accuracy;
  }
  result.network = trainer.run(all, {}, result.steps).network.finish(scaling);
  return result;
}

}  // namespace nadir
