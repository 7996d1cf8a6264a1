// Pixels a CPU second of every classifier beside OpenCV's forest, on the scene and training of the peers' figures:
//   nadir_classifiers_bench SCENE LABELS TRAIN_X,TRAIN_Y,SIZE TEST_X,TEST_Y,SIZE
// 3000 pixels of every class are drawn from the training window; accuracies are those in the test window.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <opencv2/ml.hpp>
#include <string>

#include "io/io.h"
#include "stages/segmentation/forest.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/training.h"

namespace nadir {
namespace {

constexpr std::size_t kPerClass = 3000;
constexpr int kRun = 256;

double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

double median_seconds(int repeats, const std::function<void()>& job) {
  std::vector<double> seconds;
  for (int r = 0; r < repeats; ++r) {
    const double start = cpu_seconds();
    job();
    seconds.push_back(cpu_seconds() - start);
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

Window window_from(const char* text) {
  int x = 0, y = 0, size = 0;
  if (std::sscanf(text, "%d,%d,%d", &x, &y, &size) != 3) throw Error(Fault::usage, "windows are X,Y,SIZE");
  return {x, y, size, size};
}

// The features of a window as rows of kRun pixels, band after band, as stages hand them to classifiers.
struct Pixels {
  Window window;
  int bands;
  std::vector<float> values;
  std::vector<int> truth;

  std::size_t count() const { return truth.size(); }
};

Pixels cut(const Tile& scene, const Tile& labels, const Window& w) {
  Pixels p{w, scene.bands(), {}, {}};
  const auto view = scene.view();
  for (int y = w.y; y < w.bottom(); ++y)
    for (int x = w.x; x < w.right(); x += kRun) {
      for (int b = 0; b < p.bands; ++b) p.values.insert(p.values.end(), &view(b, x, y), &view(b, x, y) + kRun);
      for (int i = 0; i < kRun; ++i) p.truth.push_back(int(labels.view()(0, x + i, y)));
    }
  return p;
}

float value_of(const Pixels& p, std::size_t i, int b) {
  return p.values[(i / kRun * std::size_t(p.bands) + std::size_t(b)) * kRun + i % kRun];
}

TrainingSet draw(const Pixels& p, std::vector<ClassInfo>& classes) {
  std::map<int, std::vector<std::pair<std::uint64_t, std::size_t>>> by_class;
  for (std::size_t i = 0; i < p.count(); ++i) by_class[p.truth[i]].emplace_back(mix(1, i), i);
  TrainingSet set;
  set.features = p.bands;
  for (auto& [id, members] : by_class) {
    std::sort(members.begin(), members.end());
    members.resize(std::min(kPerClass, members.size()));
    for (const auto& [rank, i] : members) {
      for (int b = 0; b < p.bands; ++b) set.values.push_back(value_of(p, i, b));
      set.labels.push_back(std::uint16_t(classes.size()));
    }
    classes.push_back({std::uint16_t(id), std::to_string(id), {}});
  }
  return set;
}

std::vector<std::uint16_t> classify(const Classifier& c, const Pixels& p, bool with_scores) {
  std::vector<std::uint16_t> winners(p.count());
  const int classes = int(c.classes().size());
  AlignedFloats features(std::size_t(p.bands) * kRun), scores(std::size_t(classes) * kRun);
  for (std::size_t first = 0; first < p.count(); first += kRun) {
    std::copy_n(p.values.data() + first * std::size_t(p.bands), kRun * p.bands, features.data());
    if (!with_scores) {
      c.choose(features.data(), kRun, kRun, winners.data() + first);
      continue;
    }
    c.score(features.data(), kRun, kRun, scores.data());
    find_winners(scores.data(), classes, kRun, kRun, winners.data() + first);
    scores_to_probabilities(c.link(), scores.data(), classes, kRun, kRun);
  }
  return winners;
}

double accuracy(const std::vector<std::uint16_t>& winners, const std::vector<ClassInfo>& classes, const Pixels& p) {
  double right = 0;
  for (std::size_t i = 0; i < p.count(); ++i) right += classes[winners[i]].id == p.truth[i];
  return right / double(p.count());
}

void measure(const char* name, const Classifier& c, const Pixels& p, int repeats) {
  std::vector<std::uint16_t> winners;
  const double labels = median_seconds(repeats, [&] { winners = classify(c, p, false); });
  const double all = median_seconds(repeats, [&] { classify(c, p, true); });
  const double megapixels = double(p.count()) / 1e6;
  std::printf("%-34s %8.2f Mpixel/s, with probabilities %8.2f   accuracy %.4f\n", name, megapixels / labels,
              megapixels / all, accuracy(winners, c.classes(), p));
}

// One forest of OpenCV's, so that both sides hold the same trees.
cv::Ptr<cv::ml::RTrees> train_opencv_forest(const TrainingSet& set) {
  const cv::Mat samples(int(set.size()), set.features, CV_32F, const_cast<float*>(set.values.data()));
  cv::Mat labels(int(set.size()), 1, CV_32S);
  std::copy(set.labels.begin(), set.labels.end(), labels.ptr<int>());
  const auto forest = cv::ml::RTrees::create();
  forest->setMaxDepth(15);
  forest->setTermCriteria({cv::TermCriteria::MAX_ITER, 100, 0});
  forest->train(samples, cv::ml::ROW_SAMPLE, labels);
  return forest;
}

void compare_forests(const TrainingSet& set, const std::vector<ClassInfo>& classes, const Pixels& test) {
  const auto opencv = train_opencv_forest(set);
  Forest forest({.bands = set.features}, classes, flat_trees(*opencv), set.values);
  measure("forest, tree by tree", forest, test, 1);
  double seconds = median_seconds(1, [&] { forest.prepare(); });
  std::printf("%-34s %8.2f s, %.1f trees undecided in a box\n", "forest, dividing the space", seconds,
              forest.cells().undecided());
  measure("forest", forest, test, 3);

  const std::size_t few = std::min<std::size_t>(test.count(), std::size_t{1} << 19);
  cv::Mat rows(int(few), test.bands, CV_32F), theirs;
  for (std::size_t i = 0; i < few; ++i)
    for (int b = 0; b < test.bands; ++b) rows.at<float>(int(i), b) = value_of(test, i, b);
  seconds = median_seconds(1, [&] { opencv->predict(rows, theirs); });
  std::printf("%-34s %8.2f Mpixel/s\n", "OpenCV RTrees", double(few) / 1e6 / seconds);
  const auto ours = classify(forest, test, false);
  std::size_t different = 0;
  for (std::size_t i = 0; i < few; ++i) different += int(ours[i]) != int(theirs.at<float>(int(i)));
  std::printf("%-34s %8zu of %zu\n", "labels unlike OpenCV's", different, few);
}

// 8 features: the bands, and their squares' roots, which carry nothing new.
void measure_network(const TrainingSet& set, const std::vector<ClassInfo>& classes, const Pixels& test) {
  TrainingSet wide;
  wide.features = 8;
  wide.labels = set.labels;
  for (std::size_t i = 0; i < set.size(); ++i)
    for (int f = 0; f < 8; ++f) wide.values.push_back(f < 4 ? set.row(i)[f] : std::sqrt(set.row(i)[f - 4]));
  Pixels more{test.window, 8, {}, test.truth};
  for (std::size_t first = 0; first < test.count(); first += kRun)
    for (int f = 0; f < 8; ++f)
      for (int i = 0; i < kRun; ++i) {
        const float v = value_of(test, first + std::size_t(i), f % 4);
        more.values.push_back(f < 4 ? v : std::sqrt(v));
      }
  Exec exec;
  TrainingPlan plan;
  plan.method = Method::network;
  plan.network.hidden = {64, 64, 64};
  plan.network.steps = 1000;
  const auto network = train_classifier(wide, {.bands = 8}, classes, plan, 1, exec);
  measure("network 8-64-64-64", *network, more, 3);
}

void run(char** args) {
  configure_io(std::size_t{64} << 20);
  ImageInfo info;
  const Tile scene = read_whole(args[0], &info);
  const Tile labels = read_whole(args[1], &info);
  std::vector<ClassInfo> classes;
  const TrainingSet set = draw(cut(scene, labels, window_from(args[2])), classes);
  const Pixels test = cut(scene, labels, window_from(args[3]));
  Exec exec;
  TrainingPlan plan;
  plan.method = Method::maximum_likelihood;
  const auto likelihood = train_classifier(set, {.bands = set.features}, classes, plan, 1, exec);
  measure("maximum likelihood", *likelihood, test, 7);
  measure_network(set, classes, test);
  compare_forests(set, classes, test);
  plan.method = Method::svm;
  const auto svm = train_classifier(set, {.bands = set.features}, classes, plan, 1, exec);
  measure("svm", *svm, test, 1);
}

}  // namespace
}  // namespace nadir

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s SCENE LABELS TRAIN_X,TRAIN_Y,SIZE TEST_X,TEST_Y,SIZE\n", argv[0]);
    return 64;
  }
  try {
    nadir::run(argv + 1);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 70;
  }
  return 0;
}
