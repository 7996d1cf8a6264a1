#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "pipeline/core/error.h"
#include "stages/segmentation/cross_validation.h"
#include "stages/segmentation/features.h"
#include "stages/segmentation/mix.h"
#include "stages/segmentation/segmentation.h"
#include "stages/segmentation/survey_pixels.h"
#include "stages/wavelet/wavelet.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

// Vertical stripes of 20 px: three classes that differ in level, one of them rough.
test::Image landscape() {
  return test::make_image(120, 60, 2, [](int b, int x, int y) {
    const int kind = x / 20 % 3;
    const int rough = kind == 2 ? 25 * ((x + y) % 2) : 0;
    return 40 * kind + 10 * b + rough + (7 * x + 13 * y) % 11;
  });
}

// Three fields in every stripe.
Survey survey() {
  Survey s;
  s.classes = {{1, "crop", {}}, {2, "water", {}}, {5, "town", {}}};
  for (int stripe = 0; stripe < 6; ++stripe)
    for (int field = 0; field < 3; ++field) {
      const double left = 500000 + 10 * (20 * stripe + 3), top = 4600000 - 10 * (20 * field + 3);
      s.features.push_back({std::to_string(s.features.size()),
                            s.classes[std::size_t(stripe % 3)].id,
                            Shape::polygon,
                            {{{left, top}, {left + 120, top}, {left + 120, top - 120}, {left, top - 120}}},
                            false});
    }
  return s;
}

Value value(const Survey& s) { return std::make_shared<const Survey>(s); }

Value fit(const test::Image& image, const Survey& s, const ParamMap& params = {}, const test::Image* bands = nullptr) {
  return test::estimate(fit_classifier_stage(), params, {&image, nullptr, bands}, {Value{}, value(s)});
}

const ParamMap kQuick{{"trees", std::int64_t{15}}, {"repeats", std::int64_t{1}}};

TEST(FitClassifier, learns_separable_classes_and_reports_held_out_accuracy) {
  const Record r = describe(fit(landscape(), survey(), kQuick));
  EXPECT_GT(r.number("held_out_accuracy", 0), 0.95);
  EXPECT_EQ(r.number("samples", 0), 18 * 144);
  EXPECT_EQ(r.find("warning"), nullptr);
}

TEST(FitClassifier, gives_the_same_model_and_figures_every_time_by_every_method) {
  for (const char* method : {"random_forest", "maximum_likelihood", "network", "svm"}) {
    ParamMap params = kQuick;
    params["method"] = std::string(method);
    params["steps"] = std::int64_t{200};
    const Value first = fit(landscape(), survey(), params);
    const Value second = fit(landscape(), survey(), params);
    EXPECT_EQ(std::get<ModelPtr>(first)->bytes(), std::get<ModelPtr>(second)->bytes()) << method;
    EXPECT_GT(describe(first).number("held_out_accuracy", 0), 0.9) << method;
  }
}

TEST(FitClassifier, tells_which_feature_was_in_which_fold) {
  const Record r = describe(fit(landscape(), survey(), kQuick));
  const auto ids = std::get<std::vector<std::string>>(*r.find("split_features"));
  const auto folds = std::get<std::vector<std::vector<double>>>(*r.find("split_folds"));
  EXPECT_EQ(ids.size(), 18u);
  ASSERT_EQ(folds.size(), 1u);
  ASSERT_EQ(folds[0].size(), 18u);
  EXPECT_EQ(std::set<double>(folds[0].begin(), folds[0].end()), (std::set<double>{0, 1, 2, 3, 4}));
}

TEST(FitClassifier, warns_of_a_class_that_cannot_be_held_out) {
  Survey s = survey();
  s.classes.push_back({9, "mine", {}});
  s.features[0].class_id = 9;
  const Record r = describe(fit(landscape(), s, kQuick));
  ASSERT_NE(r.find("warning"), nullptr);
  EXPECT_NE(std::get<std::string>(*r.find("warning")).find("'mine'"), std::string::npos);
}

TEST(FitClassifier, states_no_accuracy_when_nothing_could_be_held_out) {
  Survey s = survey();
  std::set<int> seen;
  std::erase_if(s.features, [&](const Feature& f) { return !seen.insert(f.class_id).second; });
  const Record r = describe(fit(landscape(), s, kQuick));
  EXPECT_EQ(r.find("held_out_accuracy"), nullptr);
  EXPECT_EQ(r.find("confusion"), nullptr);
  ASSERT_NE(r.find("warning"), nullptr);
  EXPECT_NE(std::get<std::string>(*r.find("warning")).find("nothing is known"), std::string::npos);
}

TEST(FitClassifier, warns_of_a_class_without_a_pixel) {
  Survey s = survey();
  s.classes.push_back({9, "mine", {}});
  const Record r = describe(fit(landscape(), s, kQuick));
  ASSERT_NE(r.find("warnings"), nullptr);
  EXPECT_NE(std::get<std::vector<std::string>>(*r.find("warnings"))[0].find("'mine'"), std::string::npos);
}

TEST(FitClassifier, never_looks_at_test_features_nor_at_invalid_pixels) {
  Survey s = survey();
  s.features[0].test = true;
  test::Image image = landscape();
  image.invalidate({23, 3, 2, 1});
  EXPECT_EQ(describe(fit(image, s, kQuick)).number("samples", 0), 17 * 144 - 2);
}

TEST(FitClassifier, states_what_it_keeps_of_the_pixels_of_training_features) {
  const test::Image image = landscape();
  Survey s = survey();
  s.features[0].test = true;
  const StageInfo info = fit_classifier_stage();
  const auto bytes_kept = [&](const ParamMap& params) {
    StageContext context;
    context.params = &params;
    context.images = {image.info, std::nullopt, std::nullopt};
    context.values = {Value{}, value(s), Value{}};
    const auto stage = info.as<EstimateFactory>()->make(context);
    std::size_t bytes = 0;
    for (const Window& block : stage->blocks()) bytes += stage->evidence_bytes(block);
    return bytes;
  };
  const std::size_t pixel = 2 * sizeof(float) + 18;  // two bands; label, feature, weight, rank
  const ParamValue no_forest = std::string("maximum_likelihood"), ten = std::int64_t{10};
  EXPECT_GE(bytes_kept({{"method", no_forest}}), 2 * 17 * 144 * pixel);
  EXPECT_LE(bytes_kept({{"method", no_forest}}), 2 * 17 * 14 * 14 * pixel);
  EXPECT_EQ(bytes_kept({{"method", no_forest}, {"max_samples_per_class", ten}}), 2 * 17 * 10 * pixel);
  // Four nodes of 10 bytes a pixel of ten a class, for each of 100 trees.
  const std::size_t forest = s.classes.size() * 10 * 4 * 10 * 100;
  EXPECT_NEAR(double(bytes_kept({{"max_samples_per_class", ten}})), double(2 * 17 * 10 * pixel + forest), 20);
}

TEST(FitClassifier, refuses_a_survey_beside_the_scene_or_with_one_class_and_a_single_fold) {
  Survey away = survey();
  for (Feature& f : away.features)
    for (Point& p : f.parts[0]) p.x += 1e6;
  EXPECT_THROW(fit(landscape(), away), Error);
  Survey one = survey();
  for (Feature& f : one.features) f.class_id = 1;
  EXPECT_THROW(fit(landscape(), one), Error);
  EXPECT_THROW(fit(landscape(), survey(), {{"folds", std::int64_t{1}}}), Error);
  EXPECT_THROW(fit(landscape(), survey(), {{"trees", std::int64_t{0}}}), std::logic_error);
  EXPECT_THROW(fit(landscape(), survey(), {{"hidden_units", std::vector<double>(5, 8.0)}}), Error);
  EXPECT_THROW(fit(landscape(), survey(), {{"hidden_units", std::vector<double>{8.5}}}), Error);
}

// A field of half a pixel more on every side: whole pixels inside, halves along the edges, quarters in the corners.
TEST(SurveyPixels, count_by_what_is_covered) {
  const Grid grid = landscape().info.grid;
  Survey s;
  s.classes = {{1, "crop", {}}};
  const double left = 500000 + 10 * 20.5, top = 4600000 - 10 * 30.5;
  s.features = {{"a", 1, Shape::polygon, {{{left, top}, {left + 40, top}, {left + 40, top - 30}, {left, top - 30}}}}};
  EXPECT_EQ(survey_pixels(SurveyWindows(s, grid), grid.window(), Coverage::centre).size(), 12u);
  const auto pixels = survey_pixels(SurveyWindows(s, grid), grid.window(), Coverage::fraction);
  double area = 0;
  std::map<float, int> count;
  for (const SurveyPixel& p : pixels) area += double(p.weight), ++count[p.weight];
  EXPECT_EQ(count, (std::map<float, int>{{0.25f, 4}, {0.5f, 10}, {1.0f, 6}}));
  EXPECT_NEAR(area, 12, 1e-9);
}

TEST(SurveyPixels, of_mixed_features_come_once_a_class) {
  const Grid grid = landscape().info.grid;
  Survey s = survey();
  s.features[0].shares = {{1, 0.75f}, {5, 0.25f}};
  EXPECT_TRUE(counts_in_part(s, Coverage::centre));
  EXPECT_FALSE(counts_in_part(survey(), Coverage::centre));
  std::map<int, double> weight;
  for (const SurveyPixel& p : survey_pixels(SurveyWindows(s, grid), grid.window(), Coverage::centre))
    if (p.feature == 0) weight[p.class_id] += double(p.weight);
  EXPECT_EQ(weight, (std::map<int, double>{{1, 0.75 * 144}, {5, 0.25 * 144}}));
}

// Fields that begin and end within pixels.
TEST(FitClassifier, takes_fractions_where_a_method_knows_weights) {
  ParamMap params = kQuick;
  params["coverage"] = std::string("fraction");
  Survey s = survey();
  for (Feature& f : s.features)
    for (Point& p : f.parts[0]) p.x += 5;
  for (const char* method : {"random_forest", "maximum_likelihood", "network", "committee"}) {
    params["method"] = std::string(method);
    const Record r = describe(fit(landscape(), s, params));
    EXPECT_GT(r.number("held_out_accuracy", 0), 0.95) << method;
    EXPECT_EQ(r.number("samples", 0), 18 * 13 * 12) << method;
  }
  const auto refusal = [&](const char* name, const char* setting, const Survey& survey_of) -> std::string {
    ParamMap p = kQuick;
    if (survey_of.features[0].shares.empty()) p["coverage"] = std::string("fraction");
    p[name] = std::string(setting);
    try {
      fit(landscape(), survey_of, p);
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing";
  };
  EXPECT_NE(refusal("method", "svm", s).find("svm takes whole pixels only, coverage: fraction"), std::string::npos);
  EXPECT_NE(refusal("sampling", "herding", s).find("herding takes whole pixels only"), std::string::npos);
  s.features[0].shares = {{1, 0.5f}, {2, 0.5f}};
  EXPECT_NE(refusal("method", "svm", s).find("mixed features (fraction_fields)"), std::string::npos);
}

TEST(CrossValidation, spreads_each_class_over_folds_and_balances_their_pixels) {
  std::vector<FoldGroup> groups;
  for (int g = 0; g < 30; ++g) groups.push_back({std::uint16_t(g % 3), 10 + 7 * (g % 5)});
  groups.push_back({3, 50});
  const auto fold = assign_folds(groups, 5, 1);
  EXPECT_EQ(fold.back(), -1);
  for (std::uint16_t k = 0; k < 3; ++k) {
    std::vector<std::int64_t> load(5);
    for (std::size_t g = 0; g < 30; ++g)
      if (groups[g].label == k) load[std::size_t(fold[g])] += groups[g].pixels;
    EXPECT_LE(*std::max_element(load.begin(), load.end()) - *std::min_element(load.begin(), load.end()), 38);
  }
  EXPECT_NE(fold, assign_folds(groups, 5, 2));
}

// Every feature has its own value of band 0 and a random class: only a split through features could tell the class.
TEST(CrossValidation, never_splits_a_feature) {
  LabelledPixels pixels;
  pixels.set.features = 1;
  for (int f = 0; f < 200; ++f)
    for (int i = 0; i < 5; ++i) {
      pixels.set.values.push_back(float(mix(3, std::uint64_t(f)) % 100000));
      pixels.set.labels.push_back(std::uint16_t(mix(4, std::uint64_t(f)) % 2));
      pixels.set.groups.push_back(f);
      pixels.rank.push_back(mix(5, std::uint64_t(f), std::uint64_t(i)));
    }
  ValidationPlan plan;
  plan.repeats = 1;
  plan.training.forest.trees = 10;
  Exec exec;
  const Validation v = cross_validate(pixels, {{1, "a", {}}, {2, "b", {}}}, plan, exec);
  EXPECT_EQ(v.confusion.samples(), 1000);
  EXPECT_NEAR(overall_accuracy(v.confusion), 0.5, 0.15);
}

TEST(Samples, capping_keeps_a_fixed_choice_and_small_features_whole) {
  LabelledPixels pixels;
  pixels.set.features = 1;
  for (int i = 0; i < 100; ++i) {
    pixels.set.values.push_back(float(i));
    pixels.set.labels.push_back(0);
    pixels.set.groups.push_back(i < 90 ? 0 : 1);
    pixels.rank.push_back(mix(1, std::uint64_t(i)));
  }
  EXPECT_EQ(capped_by_feature(pixels, 20).size(), 30u);
  const TrainingSet set = balanced(pixels, std::vector<char>(100, 1), 20);
  EXPECT_EQ(set.size(), 20u);
  EXPECT_EQ(std::count_if(set.values.begin(), set.values.end(), [](float v) { return v >= 90; }), 10);
}

TEST(Samples, herding_takes_pixels_whose_mean_is_that_of_the_class) {
  LabelledPixels pixels;
  pixels.set.features = 2;
  double mean[2] = {};
  for (int i = 0; i < 1000; ++i) {
    for (std::uint64_t f = 0; f < 2; ++f) {
      const double u = unit_interval(mix(7, std::uint64_t(i), f));
      pixels.set.values.push_back(float(u * u * 50));  // skewed
      mean[f] += u * u * 50 / 1000;
    }
    pixels.set.labels.push_back(0);
    pixels.set.groups.push_back(i / 100);
    pixels.rank.push_back(mix(1, std::uint64_t(i)));
  }
  const auto distance = [&](Sampling sampling) {
    const TrainingSet set = balanced(pixels, std::vector<char>(1000, 1), 20, sampling);
    EXPECT_EQ(set.size(), 20u);
    double off[2] = {-mean[0], -mean[1]};
    for (std::size_t i = 0; i < 20; ++i)
      for (int f = 0; f < 2; ++f) off[f] += double(set.row(i)[f]) / 20;
    return std::hypot(off[0], off[1]);
  };
  EXPECT_LT(distance(Sampling::herding), 0.5);
  EXPECT_GT(distance(Sampling::random), 2 * distance(Sampling::herding));
}

struct Scene {
  test::Image image;
  test::Image bands;
};

Scene scene_with_nodata() {
  Scene s{landscape(), {}};
  s.image.invalidate({50, 20, 9, 9});
  s.image.invalidate({0, 0, 4, 60});
  s.bands =
      test::apply(qmf_decompose_stage(), {{"filter", std::string("db2")}, {"levels", std::int64_t{2}}}, {&s.image});
  return s;
}

TEST(Classify, says_which_transform_subbands_need) {
  const test::Image image = landscape();
  const test::Image bands = test::apply(qmf_decompose_stage(), {{"transform", std::string("stationary")}}, {&image});
  try {
    fit(image, survey(), kQuick, &bands);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("transform: decimated"), std::string::npos) << e.what();
  }
  EXPECT_THROW(fit(image, survey(), {{"texture_levels", std::int64_t{8}}}), std::logic_error);
  EXPECT_THROW(test::estimate(cluster_stage(), {{"texture_levels", std::int64_t{8}}}, {&image}), std::logic_error);
}

TEST(Classify, refuses_subbands_of_another_filter_bank_and_names_both) {
  const Scene s = scene_with_nodata();
  const Value model = fit(s.image, survey(), kQuick, &s.bands);
  const test::Image others =
      test::apply(qmf_decompose_stage(), {{"filter", std::string("haar")}, {"levels", std::int64_t{2}}}, {&s.image});
  try {
    test::make_tile_stage(classify_stage(), {}, {&s.image, nullptr, &others}, {Value{}, model});
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("'db2'"), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("'haar'"), std::string::npos) << e.what();
  }
}

TEST(Classify, finds_the_classes_again_leaves_nodata_out_and_gives_shares_as_confidence) {
  const Scene s = scene_with_nodata();
  const Value model = fit(s.image, survey(), kQuick, &s.bands);
  const auto stage = test::make_tile_stage(classify_stage(), {}, {&s.image, nullptr, &s.bands}, {Value{}, model});
  const test::Image labels = test::run_whole(*stage, {&s.image, nullptr, &s.bands}, 0);
  const test::Image confidence = test::run_whole(*stage, {&s.image, nullptr, &s.bands}, 1);
  EXPECT_EQ(labels.info.classes, survey().classes);
  EXPECT_EQ(labels.info.type, SampleType::u8);
  EXPECT_EQ(labels(0, 30, 30), 2);
  EXPECT_EQ(labels(0, 110, 50), 5);
  EXPECT_FALSE(labels.valid(51, 21));
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 120; ++x) {
      ASSERT_EQ(labels.valid(x, y), s.image.valid(x, y));
      ASSERT_EQ(confidence.valid(x, y), s.image.valid(x, y));
      if (!labels.valid(x, y)) continue;
      ASSERT_TRUE(survey().find_class(std::uint16_t(labels(0, x, y))));
      ASSERT_GE(confidence(0, x, y), 1.0f / 3);
      ASSERT_LE(confidence(0, x, y), 1.0f);
    }
}

TEST(Classify, gives_probabilities_that_sum_to_one_and_agree_with_label_and_confidence) {
  const Scene s = scene_with_nodata();
  const std::vector<const test::Image*> inputs{&s.image, nullptr, nullptr};
  for (const char* method : {"random_forest", "maximum_likelihood", "network", "svm"}) {
    const Value model = fit(
        s.image, survey(), {{"method", std::string(method)}, {"steps", std::int64_t{100}}, {"folds", std::int64_t{0}}});
    const auto stage = test::make_tile_stage(classify_stage(), {}, inputs, {Value{}, model});
    const test::Image labels = test::run_whole(*stage, inputs, 0), confidence = test::run_whole(*stage, inputs, 1);
    const test::Image probabilities = test::run_whole(*stage, inputs, 2), rated = test::run_whole(*stage, inputs, 3);
    ASSERT_EQ(probabilities.info.band_count(), 3);
    EXPECT_EQ(probabilities.info.bands[2].name, "town");
    for (int y = 0; y < 60; ++y)
      for (int x = 0; x < 120; ++x) {
        if (!labels.valid(x, y)) continue;
        float sum = 0, best = 0;
        for (int k = 0; k < 3; ++k) sum += probabilities(k, x, y), best = std::max(best, probabilities(k, x, y));
        ASSERT_NEAR(sum, 1, 1e-5) << method;
        ASSERT_EQ(confidence(0, x, y), best) << method;
        ASSERT_EQ(rated(0, x, y), labels(0, x, y));
        ASSERT_EQ(rated(1, x, y), best);
        const int k = labels(0, x, y) == 5 ? 2 : int(labels(0, x, y)) - 1;
        ASSERT_EQ(probabilities(k, x, y), best) << method;
      }
  }
}

TEST(Classify, gives_the_same_bits_in_tiles_of_any_size) {
  const Scene s = scene_with_nodata();
  const std::vector<const test::Image*> inputs{&s.image, nullptr, &s.bands};
  const Value model =
      fit(s.image, survey(),
          {{"trees", std::int64_t{15}}, {"folds", std::int64_t{0}}, {"texture_levels", std::int64_t{2}}}, &s.bands);
  const auto stage = test::make_tile_stage(classify_stage(), {}, inputs, {Value{}, model});
  for (const std::size_t output : {0u, 1u, 2u, 3u}) {
    const test::Image whole = test::run_whole(*stage, inputs, output);
    for (const int tile : {7, 16, 50}) test::expect_identical(whole, test::run_in_tiles(*stage, inputs, tile, output));
  }
}

// A blur of the confidence reads beyond the labels that are written; neither output may shape the other.
TEST(Classify, fills_outputs_whose_windows_differ) {
  const Scene s = scene_with_nodata();
  const std::vector<const test::Image*> inputs{&s.image, nullptr, &s.bands};
  const auto stage =
      test::make_tile_stage(classify_stage(), {}, inputs, {Value{}, fit(s.image, survey(), kQuick, &s.bands)});
  const Window wide{24, 16, 48, 32};
  const Window narrow{40, 24, 8, 8};
  const std::vector<ConstTileView> in{s.image.tile.view(), {}, s.bands.tile.view()};
  for (const bool labels_are_wide : {false, true}) {
    Tile labels(labels_are_wide ? wide : narrow, 1);
    Tile confidence(labels_are_wide ? narrow : wide, 1);
    const std::vector<TileView> out{labels.view(), confidence.view(), {}, {}};
    Exec exec;
    stage->run(in, out, exec);
    for (std::size_t o = 0; o < 2; ++o) {
      const test::Image whole = test::run_whole(*stage, inputs, o);
      for (int y = out[o].window.y; y < out[o].window.bottom(); ++y)
        for (int x = out[o].window.x; x < out[o].window.right(); ++x) ASSERT_EQ(out[o](0, x, y), whole(0, x, y));
    }
  }
}

TEST(Classify, plans_without_a_model_and_refuses_one_that_was_trained_on_something_else) {
  const Scene s = scene_with_nodata();
  const test::Image three = test::make_texture(120, 60, 3, 1);
  const Value model = fit(s.image, survey(), kQuick);
  EXPECT_EQ(test::make_tile_stage(classify_stage(), {}, {&s.image})->outputs().size(), 4u);
  const auto make = [&](const test::Image& image, const test::Image* bands) {
    return test::make_tile_stage(classify_stage(), {}, {&image, nullptr, bands}, {Value{}, model});
  };
  EXPECT_NO_THROW(make(s.image, nullptr));
  EXPECT_THROW(make(three, nullptr), Error);
  EXPECT_THROW(make(s.image, &s.bands), Error);
}

TEST(Features, are_the_same_for_kernels) {
  const Scene s = scene_with_nodata();
  const FeatureExtractor extractor(s.image.info, s.bands.info, 2, 1);
  const Window w{8, 4, 52, 40};
  Exec exec;
  const FeatureBlock block(extractor, w, s.image.tile.view(), s.bands.tile.view(), exec);
  const FeatureSources sources = block.sources();
  EXPECT_EQ(sources.layer_count, 3);
  std::vector<float> row(std::size_t(extractor.spec().count()) * 64);
  for (int y = w.y; y < w.bottom(); ++y) {
    block.gather(w.x, y, w.width, row.data(), 64);
    for (int f = 0; f < extractor.spec().count(); ++f)
      for (int i = 0; i < w.width; ++i)
        ASSERT_EQ(sources.at(f, w.x + i, y), row[std::size_t(f * 64 + i)]) << f << ": " << w.x + i << "," << y;
  }
}

std::unique_ptr<TileStage> classify_with(const char* method, const Scene& s) {
  const ParamMap params{{"method", std::string(method)}, {"steps", std::int64_t{100}}, {"folds", std::int64_t{0}}};
  const Value model = fit(s.image, survey(), params, &s.bands);
  return test::make_tile_stage(classify_stage(), {}, {&s.image, nullptr, &s.bands}, {Value{}, model});
}

TEST(Classify, asks_for_a_device_where_there_are_kernels) {
  const Scene s = scene_with_nodata();
  for (const char* method : {"random_forest", "network"}) {
    const auto stage = classify_with(method, s);
    EXPECT_EQ(stage->device_use(), DeviceUse::staged) << method;
    EXPECT_GT(stage->device_bytes({0, 0, 64, 64}), stage->scratch_bytes({0, 0, 64, 64})) << method;
  }
  for (const char* method : {"maximum_likelihood", "svm"})
    EXPECT_EQ(classify_with(method, s)->device_use(), DeviceUse::none) << method;
}

TEST(Device, classifies_as_the_cpu_does) {
  if (const std::string why = missing_device(); !why.empty()) GTEST_SKIP() << why;
  const Scene s = scene_with_nodata();
  const std::vector<const test::Image*> inputs{&s.image, nullptr, &s.bands};
  for (const char* method : {"random_forest", "network"}) {
    const auto stage = classify_with(method, s);
    for (const std::size_t output : {0, 1, 2, 3})
      test::expect_identical(test::run_whole(*stage, inputs, output), test::run_on_device(*stage, inputs, output));
  }
}

TEST(Features, refuse_subbands_of_another_image) {
  const Scene s = scene_with_nodata();
  const test::Image larger = test::make_texture(200, 60, 2, 1);
  EXPECT_THROW(FeatureExtractor(larger.info, s.bands.info, 1, 1), Error);
  EXPECT_THROW(FeatureExtractor(s.image.info, s.image.info, 1, 1), Error);
}

// An orthonormal Haar pair of a checker of amplitude a: all energy in hh, 2 a in every coefficient.
TEST(Features, texture_energy_of_a_checker_is_known_and_a_constant_has_none) {
  const test::Image checker =
      test::make_image(32, 32, 1, [](int, int x, int y) { return 50 + ((x + y) % 2 ? 3 : -3); });
  const test::Image bands =
      test::apply(qmf_decompose_stage(), {{"filter", std::string("haar")}, {"levels", std::int64_t{1}}}, {&checker});
  const FeatureExtractor extractor(checker.info, bands.info, 1, 2);
  Exec exec;
  const FeatureBlock block(extractor, {0, 0, 32, 32}, checker.tile.view(), bands.tile.view(), exec);
  float values[3];
  block.gather(0, 31, 1, values, 1);
  EXPECT_EQ(values[0], checker(0, 0, 31));
  EXPECT_NEAR(values[1], 100, 1e-4);
  EXPECT_NEAR(values[2], std::sqrt(36.0 / 3), 1e-4);
}

}  // namespace
}  // namespace nadir
