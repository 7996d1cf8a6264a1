// What holds for every method: against slow formulas, and as files.
#include "stages/segmentation/classifier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <opencv2/ml.hpp>

#include "pipeline/core/error.h"
#include "stages/segmentation/committee.h"
#include "stages/segmentation/elementary.h"
#include "stages/segmentation/gaussian.h"
#include "stages/segmentation/method_choice.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/network_gradient.h"
#include "stages/segmentation/training.h"

namespace nadir {
namespace {

double normal(std::uint64_t a, std::uint64_t b) {
  const double u = 1 - unit_interval(mix(a, b, 1)), v = unit_interval(mix(a, b, 2));
  return std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * v);
}

// Clouds around (40 k, -25 k, 10 k^2 …), one for each class, correlated between neighbouring features.
TrainingSet clouds(int size, int features, int classes, std::uint64_t seed, double spread = 12) {
  TrainingSet set;
  set.features = features;
  for (int i = 0; i < size; ++i) {
    const int k = i % classes;
    double last = 0;
    for (int f = 0; f < features; ++f) {
      const double centre = f % 3 == 0 ? 40 * k : f % 3 == 1 ? -25 * k : 10 * k * k;
      last = 0.5 * last + spread * normal(seed, std::uint64_t(i * features + f));
      set.values.push_back(float(500 + centre + last));
    }
    set.labels.push_back(std::uint16_t(k));
    set.groups.push_back(i / 10 * classes + k);
  }
  return set;
}

std::vector<ClassInfo> classes(int n) {
  std::vector<ClassInfo> list;
  for (int k = 0; k < n; ++k)
    list.push_back({std::uint16_t(k + 3), "class " + std::to_string(k), {std::uint8_t(k), 7, 9}});
  return list;
}

std::vector<std::size_t> all_rows(const TrainingSet& set) {
  std::vector<std::size_t> rows(set.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return rows;
}

std::shared_ptr<Classifier> train(Method method, const TrainingSet& set, int n) {
  TrainingPlan plan;
  plan.method = method;
  plan.forest.trees = 20;
  plan.network.hidden = {20, 12};
  plan.network.steps = 400;
  Exec exec;
  return train_classifier(set, {.bands = set.features, .band_names = {"blue", "green"}, .filter = "db4"}, classes(n),
                          plan, 5, exec);
}

constexpr Method kMethods[]{Method::random_forest, Method::maximum_likelihood, Method::network, Method::svm,
                            Method::committee};

TEST(Classifier, every_method_tells_separate_clouds_apart) {
  const TrainingSet set = clouds(600, 3, 4, 1), other = clouds(400, 3, 4, 2);
  for (const Method m : kMethods) {
    const auto c = train(m, set, 4);
    const auto winners = classify_rows(*c, other, all_rows(other), {0, 1, 2, 3}).winners;
    int right = 0;
    for (std::size_t i = 0; i < winners.size(); ++i) right += winners[i] == other.labels[i];
    EXPECT_GE(right, 380) << c->method();
  }
}

TEST(Classifier, comes_back_from_its_bytes_with_the_same_scores_and_facts) {
  const TrainingSet set = clouds(300, 9, 3, 1);
  constexpr int kCount = 64;
  AlignedFloats features(9 * kCount), first(3 * kCount), second(3 * kCount);
  for (int i = 0; i < kCount; ++i)
    for (int f = 0; f < 9; ++f) features.data()[f * kCount + i] = set.row(std::size_t(i))[f];
  for (const Method m : kMethods) {
    const auto c = train(m, set, 3);
    Record facts = c->facts();
    facts.set("survey", std::string("of summer"));
    facts.set("confusion", std::vector<std::vector<double>>{{1, 2}, {3, 4}});
    facts.set("held_out", true);
    c->set_facts(facts);
    const auto copy = read_classifier(c->bytes());
    EXPECT_EQ(copy->bytes(), c->bytes());
    EXPECT_EQ(copy->spec().filter, "db4");
    EXPECT_EQ(copy->classes(), c->classes());
    EXPECT_EQ(copy->describe().fields(), c->describe().fields());
    c->score(features.data(), kCount, kCount, first.data());
    copy->score(features.data(), kCount, kCount, second.data());
    for (int i = 0; i < 3 * kCount; ++i) ASSERT_EQ(first.data()[i], second.data()[i]) << c->method();
  }
}

TEST(Classifier, refuses_bytes_that_are_no_model_are_cut_short_changed_or_of_another_version) {
  const std::string good = train(Method::maximum_likelihood, clouds(100, 3, 2, 1), 2)->bytes();
  EXPECT_NO_THROW(read_classifier(good));
  EXPECT_THROW(read_classifier(""), Error);
  EXPECT_THROW(read_classifier("GeoTIFF"), Error);
  for (const std::size_t length : {good.size() - 1, good.size() / 2, std::size_t{16}})
    EXPECT_THROW(read_classifier(good.substr(0, length)), Error);
  for (std::size_t at = 14; at < good.size(); at += 7) {
    std::string changed = good;
    changed[at] = char(changed[at] ^ 4);
    EXPECT_THROW(read_classifier(changed), Error) << at;
  }
  for (const auto& [version, words] : {std::pair('1', "earlier version"), std::pair('3', "later version")}) {
    std::string other = good;
    other[12] = version;
    try {
      read_classifier(other);
      FAIL();
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
    }
  }
}

TEST(Committee, gives_the_mean_of_its_members_probabilities) {
  const TrainingSet set = clouds(300, 3, 3, 1, 60);
  constexpr int kCount = 32;
  AlignedFloats features(3 * kCount), scores(3 * kCount), forest(3 * kCount), network(3 * kCount);
  for (int i = 0; i < kCount; ++i)
    for (int f = 0; f < 3; ++f) features.data()[f * kCount + i] = set.row(std::size_t(i))[f];
  train(Method::committee, set, 3)->score(features.data(), kCount, kCount, scores.data());
  train(Method::random_forest, set, 3)->score(features.data(), kCount, kCount, forest.data());
  train(Method::network, set, 3)->score(features.data(), kCount, kCount, network.data());
  scores_to_probabilities(Link::softmax, network.data(), 3, kCount, kCount);
  for (int i = 0; i < 3 * kCount; ++i) ASSERT_EQ(scores.data()[i], (forest.data()[i] + network.data()[i]) / 2) << i;
}

// Files may be made to harm: a committee in itself, over and over, would fill the stack.
TEST(Committee, is_no_member_of_another) {
  const FeatureSpec spec{.bands = 3};
  const auto inner = train(Method::committee, clouds(90, 3, 3, 1), 3);
  const Committee outer(spec, classes(3), {inner});
  EXPECT_THROW(read_classifier(outer.bytes()), Error);
  const Committee empty(spec, classes(3), {});
  EXPECT_THROW(read_classifier(empty.bytes()), Error);
}

TrainingPlan quick_plan() {
  TrainingPlan plan;
  plan.method = Method::automatic;
  plan.forest.trees = 20;
  plan.network.hidden = {8};
  plan.network.steps = 200;
  return plan;
}

// Squares of a chessboard, four pixels of one square a survey feature.
TrainingSet chessboard() {
  TrainingSet board{2, {}, {}, {}};
  for (int i = 0; i < 600; ++i) {
    const double x = 4 * unit_interval(mix(1, std::uint64_t(i))), y = 4 * unit_interval(mix(2, std::uint64_t(i)));
    board.values.insert(board.values.end(), {float(x), float(y)});
    board.labels.push_back(std::uint16_t((int(x) + int(y)) % 2));
    board.groups.push_back(i / 4 * 2 + int(board.labels.back()));
  }
  return board;
}

// The network is given too few steps to learn the board, and drags the committee down; a normal distribution a class
// cannot tell the squares apart.
TEST(MethodChoice, takes_what_is_clearly_better_and_tells_what_it_tried) {
  Exec exec;
  TrainingPlan plan = quick_plan();
  plan.network.steps = 20;
  const auto best = train_classifier(chessboard(), {.bands = 2}, classes(2), plan, 5, exec);
  const auto tried = std::get<std::vector<std::string>>(*best->facts().find("tried"));
  const auto accuracies = std::get<std::vector<double>>(*best->facts().find("tried_accuracy"));
  const auto likelihoods = std::get<std::vector<double>>(*best->facts().find("tried_log_likelihood"));
  EXPECT_EQ(tried, (std::vector<std::string>{"random_forest", "maximum_likelihood", "network", "svm", "committee"}));
  const auto place = std::size_t(std::find(tried.begin(), tried.end(), best->method()) - tried.begin());
  EXPECT_TRUE(best->method() == "random_forest" || best->method() == "svm") << best->method();
  EXPECT_GT(accuracies[place], accuracies[4]);
  EXPECT_GT(likelihoods[place], likelihoods[4]);
  EXPECT_LT(accuracies[1], 0.65);
  EXPECT_EQ(best->bytes(), train_classifier(chessboard(), {.bands = 2}, classes(2), plan, 5, exec)->bytes());
}

// All methods are right, SVM with all its votes; that is no reason to prefer it.
TEST(MethodChoice, stays_with_the_committee_where_nothing_is_clearly_better) {
  Exec exec;
  const MethodChoice choice = choose_method(clouds(300, 3, 3, 1, 2), classes(3), quick_plan(), 5, exec);
  EXPECT_EQ(choice.method, Method::committee);
  for (const double accuracy : choice.accuracies) EXPECT_EQ(accuracy, 1.0);
}

// Every survey feature has a place of its own among the values and a random class: only who has seen it can know.
TEST(MethodChoice, judges_by_features_that_were_not_trained_on) {
  TrainingSet set{1, {}, {}, {}};
  for (int i = 0; i < 400; ++i) {
    const int feature = i / 10;
    set.values.push_back(float(feature) + 0.1f * float(i % 10) / 10);
    set.labels.push_back(std::uint16_t(mix(3, std::uint64_t(feature)) % 2));
    set.groups.push_back(feature);
  }
  Exec exec;
  for (const double accuracy : choose_method(set, classes(2), quick_plan(), 1, exec).accuracies)
    EXPECT_LT(accuracy, 0.8);
}

// Pixels that say the contrary, but count a hundredth: every method that takes weights learns what counts.
TEST(Classifier, pixels_count_by_their_weight) {
  const TrainingSet right = clouds(300, 3, 3, 1);
  TrainingSet mixed = right;
  mixed.weights.assign(right.size(), 1.0f);
  for (int copy = 0; copy < 3; ++copy)
    for (std::size_t i = 0; i < right.size(); ++i) {
      mixed.values.insert(mixed.values.end(), right.row(i), right.row(i) + 3);
      mixed.labels.push_back(std::uint16_t((right.labels[i] + 1) % 3));
      mixed.groups.push_back(right.groups[i]);
      mixed.weights.push_back(0.01f);
    }
  TrainingSet whole = mixed;
  whole.weights.clear();
  const auto share_right = [&](Method method, const TrainingSet& set) {
    const auto winners = classify_rows(*train(method, set, 3), right, all_rows(right), {0, 1, 2}).winners;
    int count = 0;
    for (std::size_t i = 0; i < winners.size(); ++i) count += winners[i] == right.labels[i];
    return double(count) / double(winners.size());
  };
  for (const Method m :
       {Method::random_forest, Method::maximum_likelihood, Method::network, Method::committee, Method::automatic}) {
    EXPECT_GT(share_right(m, mixed), 0.95) << int(m);
    EXPECT_LT(share_right(m, whole), 0.5) << int(m);
  }
}

TEST(Gaussian, takes_a_weight_of_one_half_as_half_a_pixel) {
  TrainingSet twice = clouds(60, 3, 2, 1), once = twice;
  for (std::size_t i = 0; i < once.size(); ++i) {
    if (i % 3 > 0) continue;
    twice.values.insert(twice.values.end(), once.row(i), once.row(i) + 3);
    twice.labels.push_back(once.labels[i]);
  }
  for (std::size_t i = 0; i < once.size(); ++i) once.weights.push_back(i % 3 > 0 ? 0.5f : 1.0f);
  const GaussianTerms a = fit_gaussian(once, 2, 0), b = fit_gaussian(twice, 2, 0);
  for (std::size_t i = 0; i < a.mean.size(); ++i) EXPECT_NEAR(double(a.mean[i]), double(b.mean[i]), 1e-3);
  // Scatter over count - 1: the same but for that 1.
  for (std::size_t i = 0; i < a.factor.size(); ++i)
    EXPECT_NEAR(double(a.factor[i]), double(b.factor[i]), 0.03 * std::abs(double(b.factor[i])) + 1e-4);
}

TEST(Gaussian, scores_are_log_densities) {
  for (const int n : {1, 4, 11}) {  // compiled for 4, by loops for the others
    const TrainingSet set = clouds(400, n, 2, 3);
    const GaussianTerms t = fit_gaussian(set, 2, 0);
    const GaussianClassifier c({}, classes(2), n, t, GaussianKind::likelihood);
    AlignedFloats x(std::size_t(n) * 16), scores(2 * 16);
    for (int f = 0; f < n; ++f) x.data()[f * 16 + 5] = set.row(7)[f];
    c.score(x.data(), 6, 16, scores.data());
    for (int k = 0; k < 2; ++k) {
      const float* w = t.factor.data() + k * n * (n + 1) / 2;
      double square = 0, log_determinant = 0;
      for (int f = 0; f < n; ++f) {
        double sum = 0;
        for (int g = 0; g <= f; ++g, ++w) {
          sum += double(*w) * (double(set.row(7)[g]) - double(t.mean[std::size_t(k * n + g)]));
          if (g == f) log_determinant += std::log(double(*w));
        }
        square += sum * sum;
      }
      EXPECT_NEAR(double(scores.data()[k * 16 + 5]), log_determinant - square / 2, 1e-3);
    }
  }
}

// Variance 4 along x and 1 along y, no correlation: known mean and factor.
TEST(Gaussian, fits_known_moments_and_survives_fewer_pixels_than_features) {
  TrainingSet set{2, {8, 3, 12, 3, 10, 2, 10, 4}, {0, 0, 0, 0}, {}};
  const GaussianTerms t = fit_gaussian(set, 1, 0);
  EXPECT_FLOAT_EQ(t.mean[0], 10);
  EXPECT_FLOAT_EQ(t.mean[1], 3);
  EXPECT_NEAR(t.factor[0], 1 / std::sqrt(8.0 / 3), 1e-5);
  EXPECT_NEAR(t.factor[1], 0, 1e-5);
  EXPECT_NEAR(t.factor[2], 1 / std::sqrt(2.0 / 3), 1e-5);
  const TrainingSet few{4, {1, 2, 3, 4, 1, 2, 3, 5, 9, 9, 9, 9}, {0, 0, 1}, {}};
  for (const float v : fit_gaussian(few, 2, 0).factor) EXPECT_TRUE(std::isfinite(v));
}

TEST(Network, equals_a_slow_evaluation_in_double) {
  for (const Activation a : {Activation::relu, Activation::softplus}) {
    TrainingNetwork trained({5, 13, 9, 3}, a, 3);
    const Scaling scaling{{1, 2, 3, 4, 5}, {1, 0.5f, 2, 1, 0.25f}};
    const Network network = trained.finish(scaling);
    constexpr int kCount = 100, kStride = 112;
    AlignedFloats x(5 * kStride), logits(3 * kStride);
    for (int i = 0; i < 5 * kStride; ++i) x.data()[i] = float(3 + 2 * normal(4, std::uint64_t(i)));
    run_network(network, x.data(), kCount, kStride, logits.data());
    for (int i = 0; i < kCount; ++i) {
      std::vector<double> here;
      for (std::size_t f = 0; f < 5; ++f)
        here.push_back((double(x.data()[int(f) * kStride + i]) - double(scaling.mean[f])) * double(scaling.inverse[f]));
      const float* w = trained.weights().data();
      for (const std::size_t outputs : {13u, 9u, 3u}) {
        std::vector<double> next;
        for (std::size_t o = 0; o < outputs; ++o) {
          double sum = 0;
          for (const double v : here) sum += v * double(*w++);
          sum += double(*w++);
          if (outputs > 3) sum = a == Activation::relu ? std::max(sum, 0.0) : std::log1p(std::exp(sum));
          next.push_back(sum);
        }
        here = next;
      }
      for (int k = 0; k < 3; ++k) ASSERT_NEAR(double(logits.data()[k * kStride + i]), here[std::size_t(k)], 2e-5);
    }
  }
}

// One after the other, by the definition of run_network.
std::vector<float> through(NetworkLayer layer, const std::vector<float>& in, bool relu) {
  std::vector<float> out;
  for (int o = 0; o < layer.outputs; ++o) {
    float sum = layer.bias[std::size_t(o)];
    for (int c = 0; c < layer.inputs; ++c) sum = std::fma(in[std::size_t(c)], layer.weight(o, c), sum);
    out.push_back(relu ? std::max(sum, 0.0f) : sum);
  }
  return out;
}

TEST(Network, sums_are_rounded_once_a_step_and_have_the_bits_of_their_definition) {
  const Network network = TrainingNetwork({3, 9, 2}, Activation::relu, 5).finish({{0, 0, 0}, {1, 1, 1}});
  constexpr int kCount = 131, kStride = 144;
  AlignedFloats x(3 * kStride), logits(2 * kStride);
  for (int i = 0; i < 3 * kStride; ++i) x.data()[i] = float(normal(6, std::uint64_t(i)));
  run_network(network, x.data(), kCount, kStride, logits.data());
  for (int i = 0; i < kCount; ++i) {
    const std::vector<float> in{x.data()[i], x.data()[kStride + i], x.data()[2 * kStride + i]};
    const auto out = through(network.layers[1], through(network.layers[0], in, true), false);
    for (int k = 0; k < 2; ++k) ASSERT_EQ(logits.data()[k * kStride + i], out[std::size_t(k)]) << i;
  }
}

TEST(Network, gradient_equals_differences_of_the_loss) {
  for (const Activation a : {Activation::relu, Activation::softplus}) {
    TrainingNetwork network({4, 6, 5, 3}, a, 8);
    std::uint16_t labels[TrainingNetwork::kBatch];
    float weights[TrainingNetwork::kBatch];
    for (int i = 0; i < TrainingNetwork::kBatch; ++i) {
      labels[i] = std::uint16_t(mix(1, std::uint64_t(i)) % 3);
      weights[i] = i % 5 == 0 ? 0.0f : 0.02f;
      for (int f = 0; f < 4; ++f)
        network.input()[f * TrainingNetwork::kBatch + i] = float(normal(2, std::uint64_t(4 * i + f)));
    }
    std::vector<float> gradient;
    network.forward();
    network.backward(labels, weights, gradient);
    ASSERT_EQ(gradient.size(), network.weights().size());
    const float step = 1e-3f;  // small, as relu has a kink
    for (std::size_t p = 0; p < gradient.size(); p += 3) {
      const float kept = network.weights()[p];
      double loss[2];
      for (const int side : {0, 1}) {
        network.weights()[p] = kept + (side ? step : -step);
        network.forward();
        loss[side] = network.loss(labels, weights, nullptr);
      }
      network.weights()[p] = kept;
      ASSERT_NEAR(double(gradient[p]), (loss[1] - loss[0]) / (2 * double(step)), 2e-3) << p;
    }
  }
}

TEST(Network, early_stopping_and_curriculum_are_deterministic_and_learn) {
  const TrainingSet set = clouds(600, 3, 3, 1, 25);
  NetworkParams params;
  params.steps = 300;
  for (const bool curriculum : {false, true}) {
    params.curriculum = curriculum;
    const TrainedNetwork a = train_network(set, 3, params, 1), b = train_network(set, 3, params, 1);
    EXPECT_EQ(a.steps, b.steps);
    EXPECT_EQ(a.network.layers[0].weights, b.network.layers[0].weights);
    EXPECT_NE(a.network.layers[0].weights, train_network(set, 3, params, 2).network.layers[0].weights);
    EXPECT_GT(a.validation_accuracy, 0.8);
    EXPECT_LE(a.steps, 300);
  }
}

TEST(Svm, decides_as_opencv_does) {
  const TrainingSet set = clouds(300, 3, 4, 1, 30), other = clouds(500, 3, 4, 2, 30);
  const SupportVectors vectors = train_svm(set, 4, {});
  const TrainingSet z = scaled(set, vectors.scaling), z_other = scaled(other, vectors.scaling);
  cv::Mat labels(int(z.size()), 1, CV_32S), theirs;
  std::copy(z.labels.begin(), z.labels.end(), labels.ptr<int>());
  const auto svm = cv::ml::SVM::create();
  svm->setType(cv::ml::SVM::C_SVC);
  svm->setKernel(cv::ml::SVM::RBF);
  svm->setC(10);
  svm->setGamma(double(vectors.gamma));
  svm->setTermCriteria({cv::TermCriteria::MAX_ITER + cv::TermCriteria::EPS, 100000, 1e-3});
  svm->train(cv::Mat(int(z.size()), 3, CV_32F, const_cast<float*>(z.values.data())), cv::ml::ROW_SAMPLE, labels);
  svm->predict(cv::Mat(int(z_other.size()), 3, CV_32F, const_cast<float*>(z_other.values.data())), theirs);
  const auto ours = classify_rows(SvmClassifier({}, classes(4), vectors), other, all_rows(other), {0, 1, 2, 3}).winners;
  int different = 0;  // only where a decision is zero up to rounding
  for (std::size_t i = 0; i < ours.size(); ++i) different += int(ours[i]) != int(theirs.at<float>(int(i)));
  EXPECT_LE(different, 1);
}

TEST(Elementary, exp_and_softplus_are_close_to_those_of_the_library_and_never_overflow) {
  for (double x = -80; x <= 80; x += 0.37) {
    EXPECT_NEAR(double(fast_exp(float(x))) / std::exp(double(float(x))), 1, 4e-7) << x;
    EXPECT_NEAR(double(softplus(float(x))), std::log1p(std::exp(double(float(x)))), 1e-5) << x;
  }
  EXPECT_EQ(softplus(1e6f), 1e6f);
  EXPECT_LT(softplus(-1e6f), 1e-30f);
  EXPECT_TRUE(std::isfinite(fast_exp(1e9f)));
}

}  // namespace
}  // namespace nadir
