// Lists of control points, and what is wrong with them.
#include "io/control_points.h"

#include <gtest/gtest.h>

#include <fstream>

#include "io/io.h"
#include "pipeline/core/error.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

SurveyPtr read(const ParamMap& params, const Grid* grid = nullptr) {
  configure_io(16 << 20);
  StageContext context;
  context.node = "points";
  context.params = &params;
  context.scene_grid = grid;
  return std::get<SurveyPtr>(read_control_points_stage().as<ValueFactory>()->make(context));
}

bool mentions(const std::vector<std::string>& texts, const std::string& words) {
  for (const std::string& t : texts)
    if (t.find(words) != std::string::npos) return true;
  return false;
}

TEST(ControlList, reads_what_opendronemap_writes) {
  const ControlList list = parse_control_list(
      "EPSG:32611\n235269.88\t3811198.11\t0.0\t3609.37\t2293.79\tIMG_0037.jpg\tgcp02\n1 2 3 4 5 b.jpg\n", "f");
  EXPECT_EQ(list.crs, "EPSG:32611");
  ASSERT_EQ(list.rows.size(), 2u);
  EXPECT_EQ(list.rows[0].id, "gcp02");
  EXPECT_EQ(list.rows[0].image, "IMG_0037.jpg");
  EXPECT_EQ(*list.rows[0].map, (Point{235269.88, 3811198.11}));
  EXPECT_EQ(*list.rows[0].pixel, (Point{3609.37, 2293.79}));
  EXPECT_EQ(list.rows[1].id, "line 3");
}

TEST(ControlList, knows_utm_in_words_tables_with_a_header_and_rows_of_numbers) {
  EXPECT_EQ(parse_control_list("WGS84 UTM 17N\n1 2 3 4 5 a.jpg\n", "f").crs,
            "+proj=utm +zone=17 +datum=WGS84 +units=m +no_defs");
  const ControlList table = parse_control_list("id,lon,lat,col,row\np1,12.5,48.25,100,200\n", "f");
  EXPECT_EQ(*table.rows[0].map, (Point{12.5, 48.25}));
  EXPECT_EQ(*table.rows[0].pixel, (Point{100, 200}));
  EXPECT_EQ(*parse_control_list("257964.5,282414.3,38,43\n", "f").rows[0].pixel, (Point{38, 43}));
}

TEST(ControlList, tells_heights_from_pixels) {
  for (const char* line :
       {"500 600 77 38 43", "p1 500 600 77 38 43", "p1 500 600 38 43", "500 600 38 43", "500 600 77 38 43 a.jpg",
        "500 600 77 38 43 a.jpg p1", "p1 500 600 38 43 a.jpg", "p1 500 600 77 38 43 a.jpg"}) {
    const ControlRow row = parse_control_list(line, "f").rows[0];
    EXPECT_EQ(*row.map, (Point{500, 600})) << line;
    EXPECT_EQ(*row.pixel, (Point{38, 43})) << line;
    EXPECT_EQ(row.image, std::string(line).ends_with("g") || std::string(line).ends_with("g p1") ? "a.jpg" : "");
  }
  for (const char* line : {"p1 500 600", "p1 500 600 77"}) {
    const ControlRow row = parse_control_list(line, "f").rows[0];
    EXPECT_EQ(*row.map, (Point{500, 600})) << line;
    EXPECT_FALSE(row.pixel) << line;
  }
  for (const char* line : {"1 500 600 77 38 43", "p1 500 600 77 38 43 44", "500 600 38", "p1 500 600 a.jpg"})
    EXPECT_THROW(parse_control_list(std::string("EPSG:4326\n") + line, "f"), Error) << line;
}

TEST(ControlList, knows_the_lists_of_rsgislib_in_which_a_metric_stands_last) {
  const ControlList list = parse_control_list(
      "# RSGISLib Image to Map GCP File\n# Reference Map (E,N), Floating Image (x,y), Metric Value\n#\n"
      "257964.5,282414.3,38,43,1\n258464.5,282414.3,88,43,0.97\n",
      "f");
  EXPECT_EQ(*list.rows[0].pixel, (Point{38, 43}));
  EXPECT_EQ(*list.rows[1].pixel, (Point{88, 43}));
}

TEST(ControlList, may_begin_with_a_byte_order_mark) {
  const std::string mark = "\xEF\xBB\xBF";
  const ControlList table = parse_control_list(mark + "id;x;y;col;row\r\np1;500;600;38;43\r\n", "f");
  EXPECT_EQ(table.rows.at(0).id, "p1");
  EXPECT_EQ(*table.rows[0].pixel, (Point{38, 43}));
  EXPECT_EQ(parse_control_list(mark + "EPSG:32611\n1 2 3 4 5 b.jpg\n", "f").crs, "EPSG:32611");
}

TEST(ControlList, names_the_line_that_it_cannot_read) {
  try {
    parse_control_list("EPSG:4326\np1 1 2\nthis is no point\n", "points.txt");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("points.txt, line 3"), std::string::npos);
  }
  EXPECT_THROW(parse_control_list("EPSG:4326\n", "f"), Error);
}

TEST(ControlPointsOfKitePhotos, are_found_to_hold_both_blunders) {
  NADIR_NEEDS_DATA(list, "coreg/odm_data_copr_gcp/gcp_list.txt");
  NADIR_NEEDS_DATA(other, "coreg/odm_data_copr_gcp/gcp_list_noimg.txt");
  const SurveyPtr survey = read({{"path", list}, {"compare", other}});
  EXPECT_EQ(survey->control_points.size(), 27u);
  EXPECT_TRUE(mentions(survey->warnings, "gcp04 and gcp00 are duplicates")) << survey->warnings.size();
  EXPECT_TRUE(mentions(survey->warnings, "of IMG_0031.jpg, yet 20.0"));
  EXPECT_TRUE(mentions(survey->warnings, "ids are shifted by 1 between the lists"));
  EXPECT_TRUE(mentions(survey->warnings, "point k+1"));
  EXPECT_EQ(read({{"path", list}, {"image", std::string("IMG_0031.jpg")}})->control_points.size(), 3u);
}

TEST(ControlPointsOfKitePhotos, stand_in_the_tags_of_a_tiff_too) {
  NADIR_NEEDS_DATA(image, "coreg/odm_data_copr_gcp/IMG_0046_half_gcp.tif");
  const SurveyPtr survey = read({{"path", image}});
  EXPECT_FALSE(survey->control_points.empty());
  for (const ControlPoint& p : survey->control_points) EXPECT_LT(p.pixel.x, 2136);
}

TEST(ControlPoints, that_all_lie_beside_a_scene_of_known_place_are_doubted) {
  const std::string list = ::testing::TempDir() + "nadir_beside.csv";
  std::ofstream(list) << "id,x,y,col,row\na,100,190,1,1\nb,9000,9000,2,2\n";
  Grid scene{10, 10, {100, 10, 0, 200, 0, -10}, "EPSG:32632"};
  EXPECT_FALSE(mentions(read({{"path", list}}, &scene)->warnings, "no point lies on the scene"));
  scene.geotransform[0] = 50000;
  EXPECT_TRUE(mentions(read({{"path", list}}, &scene)->warnings, "no point lies on the scene"));
  scene.crs_wkt = "";
  EXPECT_FALSE(mentions(read({{"path", list}}, &scene)->warnings, "no point lies on the scene"));
}

TEST(ControlPointsOfAKnownSystem, are_read_though_it_is_named_in_words) {
  NADIR_NEEDS_DATA(list, "coreg/odm_data_bellus_gcp_listonly/gcp_list.txt");
  EXPECT_EQ(read({{"path", list}})->control_points.size(), 4u);
}

}  // namespace
}  // namespace nadir
