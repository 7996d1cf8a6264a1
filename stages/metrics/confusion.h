// Confusion matrices and what follows from them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/core/value.h"

namespace nadir {

/// Counts of pixels by true and by mapped class.
class Confusion {
 public:
  explicit Confusion(std::vector<std::string> classes);

  std::size_t size() const { return classes_.size(); }
  const std::vector<std::string>& classes() const { return classes_; }
  std::int64_t count(std::size_t truth, std::size_t mapped) const { return counts_[truth * size() + mapped]; }
  std::int64_t unclassified(std::size_t truth) const { return unclassified_[truth]; }
  void add(std::size_t truth, std::size_t mapped, std::int64_t pixels = 1) {
    counts_[truth * size() + mapped] += pixels;
  }
  /// Pixels with a true class that the map leaves empty; they take no part in any rate.
  void add_unclassified(std::size_t truth, std::int64_t pixels = 1) { unclassified_[truth] += pixels; }

  std::int64_t samples() const;  ///< classified pixels
  std::int64_t correct() const;

 private:
  std::vector<std::string> classes_;
  std::vector<std::int64_t> counts_;
  std::vector<std::int64_t> unclassified_;
};

/// Pixels of one class, all that its rates need: rightly mapped, of the truth, of the map.
struct ClassTotals {
  double right = 0;
  double truth = 0;
  double mapped = 0;
};
std::vector<ClassTotals> totals_of(const Confusion& c);
double recall(const ClassTotals& t);
double precision(const ClassTotals& t);
double f1(const ClassTotals& t);
double iou(const ClassTotals& t);
double kappa(const std::vector<ClassTotals>& classes);
double mean_iou(const std::vector<ClassTotals>& classes);

double overall_accuracy(const Confusion& c);
/// Cohen's kappa: agreement beyond what the marginals alone would give.
double kappa(const Confusion& c);
std::vector<double> recall(const Confusion& c);     ///< producer's accuracy, by class
std::vector<double> precision(const Confusion& c);  ///< user's accuracy, by class
std::vector<double> f1(const Confusion& c);
std::vector<double> iou(const Confusion& c);
double mean_iou(const Confusion& c);  ///< over classes that truth or map know
std::vector<std::vector<double>> rows_of(const Confusion& c);

/// Means of a rate over classes.
struct Means {
  double macro = 0;     ///< each class the same, of those that truth or map know
  double weighted = 0;  ///< by true pixels
};
Means means_of(const Confusion& c, const std::vector<double>& rates);

struct Interval {
  double low = 0;
  double high = 0;
};

/// Wilson's 95 % interval of a share, as if all samples were independent.
Interval wilson_interval(double correct, double samples);

/// Correct and classified pixels of one survey feature.
struct Cluster {
  double correct = 0;
  double samples = 0;
};

/// 95 % interval of the pooled share when whole features, not pixels, are the independent draws (linearised variance of
/// a ratio). [0, 1] for fewer than two features.
Interval clustered_interval(const std::vector<Cluster>& clusters);

/// All rates by name, ready for reports. A rate without any pixel to stand on is 0; mIoU leaves such classes out.
Record summarize(const Confusion& c);

}  // namespace nadir
