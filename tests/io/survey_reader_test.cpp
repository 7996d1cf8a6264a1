#include "io/survey_reader.h"

#include <gdal_alg.h>
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>

#include "io/survey_split.h"
#include "pipeline/core/coverage.h"
#include "tests/io/io_harness.h"

namespace nadir {
namespace {

using test::failure_of;
using test::TempFolder;

std::vector<std::string> class_names(const Survey& survey) {
  std::vector<std::string> names;
  for (const ClassInfo& c : survey.classes) names.push_back(c.name);
  return names;
}

std::string write_text(const TempFolder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder.file(name)) << text;
  return folder.file(name);
}

std::string wkt_of(const char* crs) {
  const OGRSpatialReference reference = parse_crs(crs, "test");
  return to_wkt(&reference);
}

const char* const kTable = "id,x,y,label,note\n1,10,20,water,a\n2,11,21, forest ,b\n3,12,22,,c\n4,none,22,water,d\n";

TEST(ReadSurvey, reads_points_of_a_table_and_says_what_it_skipped) {
  const TempFolder folder;
  const auto survey = test::survey(write_text(folder, "points.csv", kTable), {{"crs", std::string("EPSG:32632")}});
  EXPECT_EQ(class_names(*survey), (std::vector<std::string>{"forest", "water"}));
  ASSERT_EQ(survey->features.size(), 2u);
  EXPECT_EQ(survey->features[0].parts[0][0], (Point{10, 20}));
  EXPECT_EQ(survey->features[0].class_id, 2);
  EXPECT_EQ(survey->features[0].shape, Shape::point);
  EXPECT_NE(survey->source.find("'label'"), std::string::npos) << survey->source;
  EXPECT_NE(survey->source.find("1 features without class"), std::string::npos) << survey->source;
  EXPECT_NE(survey->source.find("1 features without usable geometry"), std::string::npos) << survey->source;
}

TEST(ReadSurvey, warns_of_what_it_skipped) {
  const TempFolder folder;
  const auto survey = test::survey(write_text(folder, "points.csv", kTable), {{"crs", std::string("EPSG:32632")}});
  ASSERT_EQ(survey->warnings.size(), 1u);
  EXPECT_EQ(survey->warnings[0], "skipped 1 features without class; skipped 1 features without usable geometry");
}

TEST(ReadSurvey, warns_of_class_names_in_another_encoding) {
  const TempFolder folder;
  const std::string table = "x,y,class\n1,2,Gew\xe4sser\n3,4,Wald\n";
  const auto survey = test::survey(write_text(folder, "points.csv", table));
  EXPECT_EQ(class_names(*survey), (std::vector<std::string>{"Gew?sser", "Wald"}));
  ASSERT_EQ(survey->warnings.size(), 1u);
  EXPECT_NE(survey->warnings[0].find("UTF-8"), std::string::npos);
}

TEST(ReadSurvey, takes_decimal_commas_and_refuses_what_is_more_than_a_number) {
  const TempFolder folder;
  const auto survey =
      test::survey(write_text(folder, "points.csv",
                              "x;y;Land Cover\n10,25;20,5;water\n1.5;+2e1;wood\n93°18'W;15;wood\n7 m;1;wood\n"),
                   {{"crs", std::string("EPSG:32632")}});
  EXPECT_EQ(class_names(*survey), (std::vector<std::string>{"water", "wood"}));
  ASSERT_EQ(survey->features.size(), 2u);
  EXPECT_EQ(survey->features[0].parts[0][0], (Point{10.25, 20.5}));
  EXPECT_EQ(survey->features[1].parts[0][0], (Point{1.5, 20}));
  EXPECT_NE(survey->source.find("2 features without usable geometry"), std::string::npos) << survey->source;
}

TEST(ReadSurvey, names_the_fields_where_none_serves_as_class) {
  const TempFolder folder;
  const auto survey = test::survey(write_text(folder, "points.csv", "x,y,Klasse\n1,2,wood\n3,4,water\n"));
  EXPECT_EQ(class_names(*survey), (std::vector<std::string>{"points"}));
  EXPECT_NE(survey->source.find("x, y, Klasse"), std::string::npos) << survey->source;
}

TEST(ReadSurvey, tells_how_to_convert_other_formats) {
  const TempFolder folder;
  const std::string file = write_text(
      folder, "survey.kml", "<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document/></kml>");
  const std::string why = failure_of([&] { test::survey(file); }).text;
  EXPECT_NE(why.find("ogr2ogr -f GPKG"), std::string::npos) << why;
  EXPECT_EQ(why.find("set path"), std::string::npos) << why;
}

TEST(ReadSurvey, reads_the_areas_of_a_class_map_as_polygons) {
  const TempFolder folder;
  Tile labels({0, 0, 6, 4}, 1);
  labels.fill(0, true);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x) labels.view()(0, x, y) = x < 2 ? 1 : x == 5 && y > 1 ? 3 : 0;
  ImageInfo info;
  info.grid = {6, 4, {100, 10, 0, 500, 0, -10}, ""};
  info.type = SampleType::u8;
  info.bands = {{"class", 1, 0, ""}};
  write_geotiff_file(folder.file("plain.tif"), info, std::as_const(labels).view());
  const auto plain = test::survey(folder.file("plain.tif"));
  EXPECT_EQ(class_names(*plain), (std::vector<std::string>{"0", "1", "3"}));
  info.metadata = {{"CLASS_1", "water"}, {"CLASS_3", "wood"}};
  write_geotiff_file(folder.file("named.tif"), info, std::as_const(labels).view());
  const auto named = test::survey(folder.file("named.tif"));
  EXPECT_EQ(class_names(*named), (std::vector<std::string>{"water", "wood"}));
  ASSERT_EQ(named->features.size(), 2u);
  EXPECT_EQ(named->features[0].shape, Shape::polygon);
  EXPECT_EQ(named->features[0].parts[0].size(), 5u);
  std::vector<std::int32_t> index(24);
  rasterize(*named, info.grid, info.grid.window(), Split::all, index);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x) EXPECT_EQ(index[std::size_t(6 * y + x)] > 0, labels.view()(0, x, y) > 0);
  info.type = SampleType::f32;
  write_geotiff_file(folder.file("float.tif"), info, std::as_const(labels).view());
  EXPECT_NE(failure_of([&] { test::survey(folder.file("float.tif")); }).text.find("whole numbers"), std::string::npos);
}

TEST(ReadSurvey, takes_no_image_for_a_class_map) {
  const TempFolder folder;
  const auto refused = [&](const std::string& name) {
    return failure_of([&] { test::survey(folder.file(name)); }).text;
  };
  test::create_raster(folder.file("scene.tif"), {8, 8}, 4, GDT_UInt16, {});
  EXPECT_NE(refused("scene.tif").find("has 4 bands, a class map has one band"), std::string::npos);
  {
    const DatasetPtr file = test::create_raster(folder.file("alpha.tif"), {8, 8}, 2, GDT_Byte, {"ALPHA=YES"});
    file->GetRasterBand(1)->Fill(3);
    file->GetRasterBand(2)->Fill(255);
  }
  EXPECT_EQ(class_names(*test::survey(folder.file("alpha.tif"))).size(), 1u);
  for (const char* name : {"plain.tif", "named.tif"}) {
    std::vector<std::uint16_t> values(16 * 17);
    std::iota(values.begin(), values.end(), std::uint16_t{1});
    const DatasetPtr file = test::create_raster(folder.file(name), {16, 17}, 1, GDT_UInt16);
    if (name == std::string("named.tif")) file->SetMetadataItem("CLASS_1", "water");
    ASSERT_EQ(file->GetRasterBand(1)->RasterIO(GF_Write, 0, 0, 16, 17, values.data(), 16, 17, GDT_UInt16, 0, 0),
              CE_None);
  }
  EXPECT_NE(refused("plain.tif").find("more than 255 different values without names or palette"), std::string::npos);
  EXPECT_EQ(test::survey(folder.file("named.tif"))->classes.size(), 16u * 17);
}

TEST(ReadSurvey, sorts_numeric_classes_by_value) {
  const TempFolder folder;
  const auto path = write_text(folder, "n.csv", "east,north,class\n1,1,10\n2,2,9\n3,3,10.0\n4,4,9\n");
  const auto survey = test::survey(path, {{"x_field", std::string("east")}, {"y_field", std::string("north")}});
  EXPECT_EQ(class_names(*survey), (std::vector<std::string>{"9", "10"}));
  EXPECT_EQ(survey->features[0].class_id, 2);
}

TEST(ReadSurvey, explains_fields_and_layers_that_are_not_there) {
  const TempFolder folder;
  const auto path = write_text(folder, "points.csv", kTable);
  const auto field = failure_of([&] { test::survey(path, {{"class_field", std::string("lable")}}); });
  EXPECT_NE(field.text.find("did you mean 'label'?"), std::string::npos) << field.text;
  const auto layer = failure_of([&] { test::survey(path, {{"layers", std::vector<std::string>{"point"}}}); });
  EXPECT_NE(layer.text.find("did you mean 'points'?"), std::string::npos) << layer.text;
  const auto missing = failure_of([&] { test::survey(folder.file("none.gpkg")); });
  EXPECT_EQ(missing.fault, Fault::missing);
  const auto nothing = failure_of([&] { test::survey(""); });
  EXPECT_NE(nothing.text.find("--truth FILE"), std::string::npos);
  const auto no_place = failure_of([&] { test::survey(write_text(folder, "t.csv", "a,b\n1,2\n")); });
  EXPECT_NE(no_place.text.find("x_field"), std::string::npos) << no_place.text;
}

TEST(ReadSurvey, reprojects_to_the_scene) {
  const TempFolder folder;
  const auto path = write_text(folder, "p.csv", "lon,lat,class\n9,0,a\n9.001,0.001,b\n");
  const OGRSpatialReference utm = parse_crs("EPSG:32632", "test");
  const Grid scene{100, 100, {499500, 10, 0, 500, 0, -10}, to_wkt(&utm)};
  const auto survey = test::survey(path, {}, &scene);
  EXPECT_NEAR(survey->features[0].parts[0][0].x, 500000, 1e-3);  // central meridian and equator
  EXPECT_NEAR(survey->features[0].parts[0][0].y, 0, 1e-3);
  EXPECT_EQ(survey->crs_wkt, scene.crs_wkt);
}

TEST(ReadSurvey, names_both_sides_when_survey_and_scene_do_not_meet) {
  const TempFolder folder;
  const auto path = write_text(folder, "p.csv", "lon,lat,class\n40,50,a\n");
  const OGRSpatialReference utm = parse_crs("EPSG:32632", "test");
  const Grid scene{100, 100, {499500, 10, 0, 500, 0, -10}, to_wkt(&utm)};
  const auto failure = failure_of([&] { test::survey(path, {}, &scene); });
  EXPECT_EQ(failure.fault, Fault::data);
  EXPECT_NE(failure.text.find("WGS 84 (EPSG:4326)"), std::string::npos) << failure.text;
  EXPECT_NE(failure.text.find("EPSG:32632"), std::string::npos) << failure.text;
}

TEST(ReadSurvey, assumes_the_reference_system_of_the_scene_only_where_they_meet) {
  const TempFolder folder;
  const auto path = write_text(folder, "p.csv", "x,y,class\n499600,100,a\n");
  const OGRSpatialReference utm = parse_crs("EPSG:32632", "test");
  Grid scene{100, 100, {499500, 10, 0, 500, 0, -10}, to_wkt(&utm)};
  EXPECT_EQ(test::survey(path, {}, &scene)->crs_wkt, scene.crs_wkt);
  scene.geotransform[0] = 0;
  EXPECT_NE(failure_of([&] { test::survey(path, {}, &scene); }).text.find("no reference system"), std::string::npos);
}

std::string write_undefined_geopackage(const TempFolder& folder, const std::string& name, int srs_id) {
  register_drivers();
  const DatasetPtr file(GetGDALDriverManager()->GetDriverByName("GPKG")->Create(folder.file(name).c_str(), 0, 0, 0,
                                                                                GDT_Unknown, nullptr));
  OGRLayer& layer = *file->CreateLayer("fields", nullptr, wkbPoint);
  OGRFieldDefn field("class", OFTString);
  EXPECT_EQ(layer.CreateField(&field), OGRERR_NONE);
  OGRFeature feature(layer.GetLayerDefn());
  const OGRPoint place(499600, 100);
  feature.SetGeometry(&place);
  feature.SetField("class", "a");
  EXPECT_EQ(layer.CreateFeature(&feature), OGRERR_NONE);
  const std::string id = std::to_string(srs_id);
  file->ExecuteSQL(("UPDATE gpkg_geometry_columns SET srs_id = " + id).c_str(), nullptr, nullptr);
  file->ExecuteSQL(("UPDATE gpkg_contents SET srs_id = " + id).c_str(), nullptr, nullptr);
  return folder.file(name);
}

TEST(ReadSurvey, takes_undefined_reference_systems_for_none_and_says_what_it_assumed) {
  const TempFolder folder;
  const Grid scene{100, 100, {499500, 10, 0, 500, 0, -10}, wkt_of("EPSG:32632")};
  for (const int id : {0, -1}) {  // undefined geographic, undefined Cartesian
    const auto path = write_undefined_geopackage(folder, "p" + std::to_string(id) + ".gpkg", id);
    const auto survey = test::survey(path, {}, &scene);
    EXPECT_EQ(survey->features.at(0).parts[0][0], (Point{499600, 100}));
    EXPECT_NE(survey->source.find("states no reference system"), std::string::npos) << survey->source;
    EXPECT_NE(survey->source.find("EPSG:32632"), std::string::npos) << survey->source;
  }
  const auto placed = write_text(folder, "p.csv", "lon,lat,class\n9,0,a\n");
  EXPECT_EQ(test::survey(placed, {}, &scene)->source.find("states no"), std::string::npos);
}

TEST(ReadSurvey, says_when_x_and_y_are_exchanged) {
  const TempFolder folder;
  const auto path = write_text(folder, "p.csv", "lon,lat,class\n0,9,a\n0.001,9.001,b\n");
  const Grid scene{100, 100, {499500, 10, 0, 500, 0, -10}, wkt_of("EPSG:32632")};
  const auto failure = failure_of([&] { test::survey(path, {}, &scene); });
  EXPECT_NE(failure.text.find("meet when x and y are exchanged; set x_field"), std::string::npos) << failure.text;
  const ParamMap exchanged{{"x_field", std::string("lat")}, {"y_field", std::string("lon")}};
  EXPECT_EQ(test::survey(path, exchanged, &scene)->features.size(), 2u);
  const auto polar = write_text(folder, "q.csv", "lon,lat,class\n60,120,a\n");  // no latitude at all
  const auto nowhere = failure_of([&] { test::survey(polar, {}, &scene); });
  EXPECT_NE(nowhere.text.find("set crs of read_survey"), std::string::npos) << nowhere.text;
}

TEST(ReadSurvey, names_a_scene_without_geotransform_as_the_cause) {
  const TempFolder folder;
  const auto path = write_text(folder, "p.csv", "lon,lat,class\n9,0,a\n");
  const Grid scene{100, 100, {0, 1, 0, 0, 0, 1}, wkt_of("EPSG:32632")};
  const auto failure = failure_of([&] { test::survey(path, {}, &scene); });
  EXPECT_NE(failure.text.find("the scene has no geotransform"), std::string::npos) << failure.text;
  EXPECT_EQ(failure.text.find("set crs"), std::string::npos) << failure.text;
}

TEST(ReadSurvey, names_class_maps_among_the_formats) {
  const TempFolder folder;
  const auto path = write_text(folder, "notes.txt", "fields to be visited\n");
  EXPECT_NE(failure_of([&] { test::survey(path); }).text.find("GTiff"), std::string::npos);
}

TEST(ReadSurvey, splits_by_a_field_or_by_a_share_and_explains_a_missing_field) {
  const TempFolder folder;
  const auto path = write_text(folder, "p.csv", "x,y,class,part\n1,1,a,test\n2,2,b,train\n");
  const auto both = failure_of([&] {
    test::survey(path, {{"test_field", std::string("part")}, {"test_fraction", 0.3}});
  });
  EXPECT_EQ(both.fault, Fault::config);
  EXPECT_NE(both.text.find("test_field or test_fraction"), std::string::npos) << both.text;
  const auto missing = failure_of([&] { test::survey(path, {{"test_field", std::string("prat")}}); });
  EXPECT_NE(missing.text.find("'prat' (test_field); its fields are x, y, class, part; did you mean 'part'?"),
            std::string::npos)
      << missing.text;
  const auto class_field = failure_of([&] { test::survey(path, {{"class_field", std::string("clas")}}); });
  EXPECT_NE(class_field.text.find("'clas'; its fields are"), std::string::npos) << class_field.text;
}

TEST(ReadSurvey, keeps_features_for_testing_that_a_field_marks) {
  const TempFolder folder;
  const auto path = write_text(folder, "p.csv", "x,y,class,part\n1,1,a,test\n2,2,a,train\n3,3,b,1\n4,4,b,\n");
  const auto survey = test::survey(path, {{"test_field", std::string("part")}});
  ASSERT_EQ(survey->features.size(), 4u);
  for (const std::size_t i : {0u, 1u, 2u, 3u}) EXPECT_EQ(survey->features[i].test, i % 2 == 0) << i;
  EXPECT_NE(failure_of([&] {
              test::survey(path, {{"test_field", std::string("no")}});
            }).text.find("'no'"),
            std::string::npos);
}

Survey many_features() {
  Survey survey;
  for (int i = 0; i < 60; ++i) {
    Feature f;
    f.class_id = std::uint16_t(i == 0 ? 3 : 1 + i % 2);
    survey.features.push_back(f);
  }
  return survey;
}

TEST(SplitSurvey, takes_the_share_of_every_class_and_leaves_one_for_training) {
  for (const double fraction : {0.3, 0.9}) {
    Survey survey = many_features();
    split_survey(survey, fraction, 5);
    std::map<int, int> all, test;
    for (const Feature& f : survey.features) {
      ++all[f.class_id];
      test[f.class_id] += f.test;
    }
    EXPECT_EQ(test[1], std::lround(fraction * all[1]));
    EXPECT_EQ(test[2], std::lround(fraction * all[2]));
    EXPECT_EQ(test[3], 0);
  }
}

TEST(SplitSurvey, depends_on_the_seed_alone) {
  const auto marks = [](std::uint64_t seed) {
    Survey survey = many_features();
    split_survey(survey, 0.4, seed);
    std::vector<bool> test;
    for (const Feature& f : survey.features) test.push_back(f.test);
    return test;
  };
  EXPECT_EQ(marks(1), marks(1));
  EXPECT_NE(marks(1), marks(2));
}

TEST(WriteSurveyFile, gives_back_polygons_with_holes_lines_and_points) {
  const TempFolder folder;
  const OGRSpatialReference utm = parse_crs("EPSG:32632", "test");
  Survey survey;
  survey.crs_wkt = to_wkt(&utm);
  survey.classes = {{1, "field", {}}, {2, "road", {}}};
  const std::vector<Point> square{{0, 0}, {10, 0}, {10, 10}, {0, 10}};
  const std::vector<Point> hole{{2, 2}, {4, 2}, {4, 4}, {2, 4}};
  survey.features = {{"a", 1, Shape::polygon, {square, hole}, false},
                     {"b", 2, Shape::line, {{{0, 0}, {5, 5}}}, false},
                     {"c", 1, Shape::point, {{{7, 8}}}, false}};
  write_survey_file(folder.file("new/s.gpkg"), survey, "landcover");
  const auto back = test::survey(folder.file("new/s.gpkg"));
  EXPECT_EQ(class_names(*back), (std::vector<std::string>{"field", "road"}));
  ASSERT_EQ(back->features.size(), 3u);
  EXPECT_EQ(back->features[0].parts.size(), 2u);
  EXPECT_EQ(back->features[1].shape, Shape::line);
  EXPECT_EQ(back->features[2].parts[0][0], (Point{7, 8}));
  EXPECT_EQ(back->crs_wkt, survey.crs_wkt);
}

struct RealSurvey {
  const char* scene;
  const char* survey;
  std::size_t features;
  std::vector<std::string> classes;
  const char* source;  ///< a part of the record
};

TEST(ReadSurvey, reads_every_real_survey_without_being_told_anything) {
  NADIR_NEEDS_DATA(root, "truth");
  const std::vector<RealSurvey> surveys{{"aber_s2/s2_aber_20210527_10b_u16_27700.tif",
                                         "aber_s2/truth_polygons.gpkg",
                                         40,
                                         {"forest", "grass", "urban", "water"},
                                         "'class'"},
                                        {"aber_s2/s2_aber_20210527_10b_u16_27700.tif",
                                         "aber_s2/cls_poly_smpls_4layers.gpkg",
                                         40,
                                         {"cls_forest_smpls", "cls_grass_smpls", "cls_urban_smpls", "cls_water_smpls"},
                                         "layer's name"},
                                        {"chiapas_le7/LE70220491999322EDC01_stack.tif",
                                         "chiapas_le7/training_data.shp",
                                         30,
                                         {"barren", "forest", "herbaceous", "urban", "water"},
                                         "'class'"},
                                        {"para_l5_rstoolbox/rstoolbox_lsat_7b_u8.tif",
                                         "para_l5_rstoolbox/trainingPolygons_lsat.gpkg",
                                         36,
                                         {"cleared", "fallen_dry", "forest", "water"},
                                         "'class'"},
                                        {"fergana_field_survey/ndvi_5dates_int16.tif",
                                         "fergana_field_survey/fieldData.gpkg",
                                         35,
                                         {"bare land", "cotton", "wheat"},
                                         "'crop'"},
                                        {"rondonia_l8_points/LC08_232066_20190727.tif",
                                         "rondonia_l8_points/endmembers.shp",
                                         91,
                                         {"0", "1", "2", "3"},
                                         "'class'"},
                                        {"sinop_modis_points/MOD13Q1_NDVI_12dates_int16.tif",
                                         "sinop_modis_points/samples_sinop_crop.csv",
                                         18,
                                         {"Cerrado", "Forest", "Pasture", "Soy_Corn"},
                                         "'label'"},
                                        {"atlanta_building_footprints/sample_geotiff.tif",
                                         "atlanta_building_footprints/geotiff_labels.geojson",
                                         43,
                                         {"geotiff_labels"},
                                         "layer's name"}};
  for (const RealSurvey& real : surveys) {
    SCOPED_TRACE(real.survey);
    const Grid grid = test::source(root + "/" + real.scene)->info().grid;
    const auto survey = test::survey(root + "/" + real.survey, {}, &grid);
    EXPECT_EQ(survey->features.size(), real.features);
    EXPECT_EQ(class_names(*survey), real.classes);
    EXPECT_NE(survey->source.find(real.source), std::string::npos) << survey->source;
  }
}

std::map<std::string, int> pixels_by_class(const Survey& survey, const Grid& grid) {
  std::vector<std::int32_t> index(std::size_t(grid.window().area()));
  rasterize(survey, grid, grid.window(), Split::all, index);
  std::map<std::string, int> count;
  for (const std::int32_t i : index)
    if (i > 0) ++count[survey.find_class(survey.features[std::size_t(i - 1)].class_id)->name];
  return count;
}

TEST(ReadSurvey, puts_polygons_where_an_independent_rasterisation_has_them) {
  NADIR_NEEDS_DATA(root, "truth");
  const auto count = [&](const std::string& scene, const std::string& file) {
    const Grid grid = test::source(root + "/" + scene)->info().grid;
    return pixels_by_class(*test::survey(root + "/" + file, {}, &grid), grid);
  };
  EXPECT_EQ(count("aber_s2/s2_aber_20210527_10b_u16_27700.tif", "aber_s2/truth_polygons.gpkg"),
            (std::map<std::string, int>{{"forest", 1326}, {"grass", 3014}, {"urban", 606}, {"water", 1634}}));
  EXPECT_EQ(
      count("atlanta_building_footprints/sample_geotiff.tif", "atlanta_building_footprints/geotiff_labels.geojson"),
      (std::map<std::string, int>{{"geotiff_labels", 33818}}));
}

TEST(ReadSurvey, rasterised_footprints_are_the_mask_that_came_with_them) {
  NADIR_NEEDS_DATA(root, "truth/atlanta_building_footprints");
  const test::Image mask = test::read(root + "/sample_fp_mask_from_geojson.tif");
  const Grid grid = test::source(root + "/sample_geotiff.tif")->info().grid;
  ASSERT_EQ(mask.info.grid.size(), grid.size());
  const auto survey = test::survey(root + "/geotiff_labels.geojson", {}, &grid);
  std::vector<std::int32_t> index(std::size_t(grid.window().area()));
  rasterize(*survey, grid, grid.window(), Split::all, index);
  std::int64_t inside = 0, different = 0;
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x) {
      const bool ours = index[std::size_t(y) * std::size_t(grid.width) + std::size_t(x)] > 0;
      inside += ours;
      different += ours != (mask.valid(x, y) && mask(0, x, y) > 0);
    }
  EXPECT_EQ(inside, 33818);
  EXPECT_EQ(different, 0);
}

// Area shares against GDAL's own rasterisation, 40 times as fine.
TEST(ReadSurvey, footprints_cover_pixels_as_a_fine_rasterisation_says) {
  NADIR_NEEDS_DATA(root, "truth/atlanta_building_footprints");
  const Grid scene = test::source(root + "/sample_geotiff.tif")->info().grid;
  const auto survey = test::survey(root + "/geotiff_labels.geojson", {}, &scene);
  const Feature& feature =
      *std::max_element(survey->features.begin(), survey->features.end(), [&](const Feature& a, const Feature& b) {
        return pixel_window(a, scene).area() < pixel_window(b, scene).area();
      });
  constexpr int kFine = 40;
  const Window w = pixel_window(feature, scene);
  const auto share = coverage(feature, scene, w);
  const Point corner = scene.to_map(w.x, w.y);
  const DatasetPtr fine = test::create_raster("/vsimem/fine.tif", {w.width * kFine, w.height * kFine}, 1, GDT_Byte);
  auto transform = scene.geotransform;
  transform[0] = corner.x, transform[3] = corner.y;
  for (const int i : {1, 2, 4, 5}) transform[std::size_t(i)] /= kFine;
  fine->SetGeoTransform(transform.data());
  OGRPolygon shape;
  for (const auto& part : feature.parts) {
    OGRLinearRing ring;
    for (const Point& p : part) ring.addPoint(p.x, p.y);
    ring.closeRings();
    shape.addRing(&ring);
  }
  int band = 1;
  double burn = 1;
  OGRGeometryH geometry = OGRGeometry::ToHandle(&shape);
  ASSERT_EQ(GDALRasterizeGeometries(GDALDataset::ToHandle(fine.get()), 1, &band, 1, &geometry, nullptr, nullptr, &burn,
                                    nullptr, nullptr, nullptr),
            CE_None);
  std::vector<std::uint8_t> inside(std::size_t(w.area()) * kFine * kFine);
  ASSERT_EQ(fine->GetRasterBand(1)->RasterIO(GF_Read, 0, 0, w.width * kFine, w.height * kFine, inside.data(),
                                             w.width * kFine, w.height * kFine, GDT_Byte, 0, 0),
            CE_None);
  std::vector<double> wanted(std::size_t(w.area()));
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const std::size_t x = i % std::size_t(w.width * kFine) / kFine, y = i / std::size_t(w.width * kFine) / kFine;
    wanted[y * std::size_t(w.width) + x] += inside[i] / double(kFine * kFine);
  }
  double worst = 0, area = 0, wanted_area = 0;
  int partly = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    worst = std::max(worst, std::abs(wanted[i] - double(share[i])));
    area += double(share[i]), wanted_area += wanted[i];
    partly += share[i] > 0 && share[i] < 1;
  }
  EXPECT_LT(worst, 0.4 / kFine);
  EXPECT_NEAR(area, wanted_area, 1e-3 * wanted_area);
  EXPECT_GT(partly, 100);
}

const char* const kPlots = "id,x,y,forest,water\n1,10,20,70,30\n2,11,21,0,5\n3,12,22,0,0\n4,13,23,,1\n";

TEST(ReadSurvey, takes_shares_of_classes_from_fields) {
  const TempFolder folder;
  const auto path = write_text(folder, "plots.csv", kPlots);
  const ParamMap fields{{"fraction_fields", std::vector<std::string>{"forest", "water"}}};
  const auto survey = test::survey(path, fields);
  EXPECT_EQ(class_names(*survey), (std::vector<std::string>{"forest", "water"}));
  ASSERT_EQ(survey->features.size(), 3u);
  ASSERT_EQ(survey->features[0].shares.size(), 2u);
  EXPECT_EQ(survey->features[0].class_id, 1);
  EXPECT_FLOAT_EQ(survey->features[0].shares[0].share, 0.7f);
  EXPECT_FLOAT_EQ(survey->features[0].shares[1].share, 0.3f);
  for (const std::size_t pure : {1u, 2u}) {
    ASSERT_EQ(survey->features[pure].shares.size(), 1u);
    EXPECT_EQ(survey->features[pure].class_id, 2);
    EXPECT_EQ(survey->features[pure].shares[0].share, 1.0f);
  }
  EXPECT_NE(survey->source.find("1 features without class"), std::string::npos) << survey->source;
  const auto refusal = [&](const std::string& file, ParamMap params) {
    return failure_of([&] { test::survey(file, params); }).text;
  };
  EXPECT_NE(refusal(path, {{"fraction_fields", std::vector<std::string>{"forest", "watr"}}}).find("mean 'water'"),
            std::string::npos);
  ParamMap both = fields;
  both["class_field"] = std::string("id");
  EXPECT_NE(refusal(path, both).find("not both"), std::string::npos);
  EXPECT_NE(refusal(write_text(folder, "less.csv", "x,y,forest,water\n1,2,-1,2\n"), fields).find("0 or more"),
            std::string::npos);
}

TEST(ReadSurvey, gives_points_and_lines_the_area_that_is_near_them) {
  const TempFolder folder;
  const Grid grid{40, 40, {0, 10, 0, 400, 0, -10}, wkt_of("EPSG:32632")};
  const auto points =
      test::survey(write_text(folder, "p.csv", "x,y,class\n200,200,a\n300,300,b\n"), {{"buffer_m", 25.0}}, &grid);
  ASSERT_EQ(points->features.size(), 2u);
  EXPECT_EQ(points->features[0].shape, Shape::polygon);
  const auto share = coverage(points->features[0], grid, grid.window());
  EXPECT_NEAR(std::accumulate(share.begin(), share.end(), 0.0), 3.14159265 * 6.25, 0.15);  // a polygon of 32 corners
  const auto lines = test::survey(
      write_text(folder, "l.geojson",
                 R"({"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:32632"}},
                     "features": [{"type": "Feature", "properties": {"class": "road"},
                     "geometry": {"type": "LineString", "coordinates": [[100, 105], [300, 105]]}}]})"),
      {{"buffer_m", 20.0}}, &grid);
  const auto road = coverage(lines->features[0], grid, grid.window());
  EXPECT_NEAR(std::accumulate(road.begin(), road.end(), 0.0), (200 * 40 + 3.14159265 * 400) / 100, 0.3);
  const Grid degrees{40, 40, {10, 0.1, 0, 50, 0, -0.1}, wkt_of("EPSG:4326")};
  EXPECT_NE(failure_of([&] {
              test::survey(write_text(folder, "d.csv", "lon,lat,class\n11,49,a\n"), {{"buffer_m", 5.0}}, &degrees);
            }).text.find("in metres or feet"),
            std::string::npos);
}

// The file's fields hold the numbers that its authors read at each point.
TEST(ReadSurvey, points_pick_the_pixels_that_their_authors_read) {
  NADIR_NEEDS_DATA(root, "truth/rondonia_l8_points");
  const test::Image scene = test::read(root + "/LC08_232066_20190727.tif");
  const auto survey = test::survey(root + "/endmembers.shp", {}, &scene.info.grid);
  const DatasetPtr file(GDALDataset::Open((root + "/endmembers.shp").c_str(), GDAL_OF_VECTOR));
  std::vector<std::int32_t> index(std::size_t(scene.info.grid.window().area()));
  int right = 0, compared = 0;
  for (const Feature& f : survey->features) {
    Survey one{"", survey->crs_wkt, survey->classes, {f}};
    rasterize(one, scene.info.grid, scene.info.grid.window(), Split::all, index);
    const auto at = std::find(index.begin(), index.end(), 1) - index.begin();
    const std::unique_ptr<OGRFeature> row(file->GetLayer(0)->GetFeature(std::stoll(f.id)));
    for (int b = 0; b < 6; ++b, ++compared)
      right += row->GetFieldAsDouble(1 + b) ==
               double(scene(b, int(at % scene.info.grid.width), int(at / scene.info.grid.width)));
  }
  EXPECT_EQ(compared, 546);
  EXPECT_EQ(right, 546);
}

}  // namespace
}  // namespace nadir
