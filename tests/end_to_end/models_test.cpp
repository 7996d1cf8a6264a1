// Models as files, and accuracies without a graph.
#include <gtest/gtest.h>

#include "pipeline/app/sample.h"
#include "tests/end_to_end/sandbox.h"

namespace nadir {
namespace {

using test::config;
using test::Outcome;
using test::Sandbox;

class Models : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(box_.nadir("sample s").exit_code, 0);
    scene_ = box_.shell("ls s/scenes/*.tif | head -1").out;
    scene_.pop_back();
    name_ = std::filesystem::path(scene_).stem().string();
  }
  Outcome classify(const std::string& out, const std::string& more = "") const {
    return box_.nadir("run " + config("classify") + " " + scene_ + " --truth s/survey.gpkg --out " + out + " " + more);
  }
  std::string hash(const std::string& file) const { return box_.shell("sha256sum < " + file).out; }

  Sandbox box_;
  std::string scene_;
  std::string name_;
};

TEST_F(Models, are_left_beside_masks_and_give_the_same_mask_again_without_a_survey) {
  for (const std::string method : {"random_forest", "maximum_likelihood", "network", "svm", "committee"}) {
    const std::string out = "by_" + method;
    const Outcome trained = classify(out, "--set model.method=" + method + " --set model.folds=0");
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    const std::string file = out + "/" + name_ + "/model.model";
    EXPECT_EQ(box_.json(out + "/" + name_ + "/model.json")["method"], method);
    const Outcome applied = box_.nadir("run " + config("apply_model") + " " + scene_ + " --set model.path=" + file +
                                       " --out again_" + method);
    ASSERT_EQ(applied.exit_code, 0) << applied.err;
    EXPECT_EQ(hash(out + "/" + name_ + "/mask.tif"), hash("again_" + method + "/" + name_ + "/mask.tif"));
  }
}

TEST_F(Models, committees_take_bands_and_means_and_are_as_good_as_forests) {
  const std::string quick = " --set model.repeats=1 --set model.folds=3 --set model.steps=300";
  const Outcome run =
      box_.nadir("run " + config("committee") + " " + scene_ + " --truth s/survey.gpkg --out c" + quick);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  ASSERT_EQ(classify("forest", quick).exit_code, 0);
  const auto model = box_.json("c/" + name_ + "/model.json");
  EXPECT_EQ(model["members"], nlohmann::json::parse(R"(["random_forest", "network"])"));
  EXPECT_GE(model["held_out_accuracy"].get<double>(),
            box_.json("forest/" + name_ + "/model.json")["held_out_accuracy"].get<double>() - 0.02);
}

TEST_F(Models, are_not_trained_again_by_a_run_that_goes_on) {
  const std::string more = "--set run.tile=64 --threads 1";
  ASSERT_EQ(classify("whole", more).exit_code, 0);
  // Without space for the mask the run ends after the model was made.
  box_.write("graph.yaml", box_.shell("cat " + config("classify")).out);
  box_.shell("mkdir -p broken/" + name_ + "/mask.tif");  // a folder where the mask belongs
  EXPECT_NE(classify("broken", more).exit_code, 0);
  ASSERT_TRUE(std::filesystem::exists(box_.path("broken/" + name_ + "/model.model")));
  box_.shell("rmdir broken/" + name_ + "/mask.tif");
  const Outcome second = classify("broken", more);
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_NE(second.err.find("model: is there from an earlier run"), std::string::npos) << second.err;
  EXPECT_EQ(hash("whole/" + name_ + "/mask.tif"), hash("broken/" + name_ + "/mask.tif"));
  EXPECT_EQ(box_.json("whole/" + name_ + "/model.json")["held_out_accuracy"],
            box_.json("broken/" + name_ + "/model.json")["held_out_accuracy"]);
}

TEST_F(Models, of_the_main_job_classify_other_scenes_by_what_they_were_trained_on) {
  const std::string west = "s/scenes/west.tif", quick = " --set sharp.method=bicubic";
  const Outcome trained =
      box_.nadir("run " + config("landcover") + " " + scene_ +
                 " --truth s/survey.gpkg --out a --set model.folds=2 --set model.repeats=1" + quick);
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const std::string model = " --set model.path=a/" + name_ + "/model.model";
  const Outcome applied = box_.nadir("run " + config("apply_landcover") + " " + west + model + " --out b" + quick);
  ASSERT_EQ(applied.exit_code, 0) << applied.err;
  EXPECT_NE(applied.err.find("model trained on " + name_ + ".tif (held-out 0."), std::string::npos) << applied.err;
  EXPECT_EQ(applied.err.find("held-out accuracy"), std::string::npos) << applied.err;
  const auto judged = nlohmann::json::parse(box_.nadir("evaluate --truth s/survey.gpkg b/west/mask.tif --json").out);
  EXPECT_GE(judged["overall_accuracy"].get<double>(), 0.6);
  const Outcome bare = box_.nadir("run " + config("apply_model") + " " + west + model + " --out c");
  EXPECT_EQ(bare.exit_code, 65);
  EXPECT_NE(bare.err.find("a/" + name_ + "/model.model: the model was trained on"), std::string::npos) << bare.err;
  EXPECT_NE(bare.err.find("wire qmf_decompose (filter: haar, levels: 3) of the image to subbands"), std::string::npos)
      << bare.err;
}

TEST_F(Models, of_other_bands_are_refused_with_the_reason) {
  ASSERT_EQ(classify("a", "--set model.folds=0").exit_code, 0);
  const std::string apply = "run " + config("apply_model") + " " + scene_ + " --set model.path=a/" + name_ +
                            "/model.model --out b --set scene.bands=[1,2]";
  const Outcome fewer = box_.nadir(apply);
  EXPECT_EQ(fewer.exit_code, 65);
  EXPECT_NE(fewer.err.find("the model was trained on"), std::string::npos) << fewer.err;
  const Outcome missing =
      box_.nadir("run " + config("apply_model") + " " + scene_ + " --set model.path=nowhere --out c");
  EXPECT_EQ(missing.exit_code, 66) << missing.err;
}

// 200 points with two class columns: 120 + 50 right, 20 water mapped as wheat, 10 not mapped.
TEST_F(Models, evaluate_judges_a_table_of_samples_with_two_class_columns) {
  std::string table = "id,x,y,truth,map\n";
  for (int i = 0; i < 200; ++i) {
    const bool wheat = i < 120;
    const std::string mapped = i >= 190 ? "" : i < 140 ? "wheat" : "water";
    table += std::to_string(i) + ",5000" + std::to_string(10 + i % 80) + ",4600000," + (wheat ? "wheat" : "water") +
             "," + mapped + "\n";
  }
  box_.write("points.csv", table);
  const Outcome run = box_.nadir("evaluate --truth points.csv --class-field truth --mapped-field map --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto r = nlohmann::json::parse(run.out);
  EXPECT_EQ(r["samples"], 190);
  EXPECT_EQ(r["unclassified"], 10);
  EXPECT_NEAR(r["overall_accuracy"].get<double>(), 170.0 / 190, 1e-12);
  const double chance = (120.0 * 140 + 70.0 * 50) / (190.0 * 190);
  EXPECT_NEAR(r["kappa"].get<double>(), (170.0 / 190 - chance) / (1 - chance), 1e-12);
  EXPECT_EQ(box_.nadir("evaluate --truth points.csv").exit_code, 64);
}

TEST_F(Models, evaluate_judges_a_mask_by_another_mask) {
  ASSERT_EQ(classify("a", "--set model.folds=0").exit_code, 0);
  const std::string mask = "a/" + name_ + "/mask.tif";
  const Outcome run = box_.nadir("evaluate --truth " + mask + " " + mask + " --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto r = nlohmann::json::parse(run.out);
  EXPECT_EQ(r["overall_accuracy"], 1.0);
  double sum = 0;
  for (const auto& share : r["area_share"]) sum += share.get<double>();
  EXPECT_NEAR(sum, 1, 1e-9);
}

}  // namespace
}  // namespace nadir
