#include "pipeline/app/findings.h"

#include <gtest/gtest.h>

namespace nadir {
namespace {

TEST(Findings, name_nodes_only_where_several_found_the_same) {
  SceneReport report;
  report.values.emplace_back("model", Record{{"held_out_accuracy", 0.875}});
  report.values.emplace_back("score", Record{{"overall_accuracy", 0.5}});
  EXPECT_EQ(app::findings(report), ", held-out accuracy 0.875, overall accuracy 0.500");
  report.values.emplace_back("test", Record{{"overall_accuracy", 0.25}});
  EXPECT_EQ(app::findings(report),
            ", held-out accuracy 0.875, overall accuracy of score 0.500, overall accuracy of test 0.250");
}

TEST(Findings, tell_the_shift_or_why_there_is_none) {
  SceneReport moved;
  moved.values.emplace_back("shift", Record{{"moved", true}, {"shift_px", std::vector<double>{-3.371, 2.61}}});
  EXPECT_EQ(app::findings(moved), ", moved, shift_px (-3.37, 2.61)");
  SceneReport kept;
  kept.values.emplace_back("shift", Record{{"moved", false},
                                           {"shift_px", std::vector<double>{0.1, 0.0}},
                                           {"reason", std::string("the image is not moved: it is right")}});
  EXPECT_EQ(app::findings(kept), ", the image is not moved: it is right");
  kept.values[0].second.set("reliable", false);
  EXPECT_EQ(app::findings(kept), ", not moved") << "a warning has said why";
}

TEST(Findings, accuracies_of_models_that_were_read_are_those_of_the_scenes_they_were_trained_on) {
  SceneReport report;
  report.values.emplace_back(
      "model", Record{{"held_out_accuracy", 0.872}, {"trained_on", "east.tif"}, {"read_from", "a/east/model.model"}});
  report.values.emplace_back("own", Record{{"held_out_accuracy", 0.5}, {"trained_on", "west.tif"}});
  EXPECT_EQ(app::findings(report), ", model trained on east.tif (held-out 0.872), held-out accuracy 0.500");
}

}  // namespace
}  // namespace nadir
