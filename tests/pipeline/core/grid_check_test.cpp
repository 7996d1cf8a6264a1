#include "pipeline/core/grid_check.h"

#include <gtest/gtest.h>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

// UTM on the northern hemisphere as EPSG has it, shortened; `end` closes it, with a code or without.
std::string utm(const std::string& datum, const std::string& flattening, int meridian, const std::string& end) {
  return R"(PROJCRS["UTM",BASEGEOGCRS["WGS 84",)" + datum + R"([")" + R"(a name",ELLIPSOID["an ellipsoid",6378137,)" +
         flattening +
         R"(,LENGTHUNIT["metre",1]],ENSEMBLEACCURACY[2.0]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],)"
         R"(ID["EPSG",4326]],CONVERSION["UTM zone",METHOD["Transverse Mercator",ID["EPSG",9807]],)"
         R"(PARAMETER["Longitude of natural origin",)" +
         std::to_string(meridian) +
         R"(,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],PARAMETER["Scale factor",0.9996],)"
         R"(PARAMETER["False easting",500000,LENGTHUNIT["metre",1]]],CS[Cartesian,2],)"
         R"(AXIS["E",east,ORDER[1],LENGTHUNIT["metre",1]],AXIS["N",north,ORDER[2],LENGTHUNIT["metre",1]])" +
         end + "]";
}
const std::string kWgs = "298.257223563", kGrs = "298.257222101";
const std::string kZone32 = utm("ENSEMBLE", kWgs, 9, R"(,USAGE[AREA["Europe"],BBOX[0,6,84,12]],ID["EPSG",32632])");
const std::string kZone33 = utm("ENSEMBLE", kWgs, 15, R"(,ID["EPSG",32633])");
const std::string kEtrs32 = utm("ENSEMBLE", kGrs, 9, R"(,ID["EPSG",25832])");
// As old writers have it.
const std::string kOldZone32 =
    R"(PROJCS["WGS_1984_UTM_Zone_32N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],)"
    R"(PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],)"
    R"(PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],)"
    R"(PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]])";
const std::string kDegrees =
    R"(GEOGCRS["WGS 84",ENSEMBLE["W",ELLIPSOID["WGS 84",6378137,298.257223563]],ID["EPSG",4326]])";

TEST(Crs, is_the_same_by_code_or_by_numbers_whatever_it_is_called) {
  EXPECT_TRUE(may_be_same_crs(kZone32, kZone32));
  EXPECT_TRUE(may_be_same_crs(kZone32, ""));
  EXPECT_TRUE(may_be_same_crs("", kZone32));
  EXPECT_TRUE(may_be_same_crs(kZone32, utm("ENSEMBLE", kWgs, 9, R"(,REMARK["told otherwise"],ID["EPSG",32632])")));
  EXPECT_TRUE(may_be_same_crs(kZone32, utm("DATUM", kWgs, 9, "")));
  EXPECT_TRUE(may_be_same_crs(kZone32, kOldZone32));
  const std::string bound = "BOUNDCRS[SOURCECRS[" + kOldZone32 + "],TARGETCRS[" + kDegrees + "]]";
  EXPECT_TRUE(may_be_same_crs(kZone32, bound));
}

TEST(Crs, is_another_by_code_numbers_or_kind) {
  EXPECT_FALSE(may_be_same_crs(kZone32, kZone33));
  EXPECT_FALSE(may_be_same_crs(kZone32, kEtrs32));
  EXPECT_FALSE(may_be_same_crs(kZone33, kOldZone32));
  EXPECT_FALSE(may_be_same_crs(kEtrs32, kOldZone32));
  EXPECT_FALSE(may_be_same_crs(kZone32, kDegrees));
  EXPECT_FALSE(may_be_same_crs(kOldZone32, kDegrees));
  EXPECT_FALSE(may_be_same_crs("A", "B"));
}

TEST(Crs, can_be_read_from_text_that_is_cut_short_or_nested_without_end) {
  for (std::size_t n = 0; n < kOldZone32.size(); n += 3) may_be_same_crs(kZone32, kOldZone32.substr(0, n));
  std::string deep = "PROJCS[";
  for (int i = 0; i < 100000; ++i) deep += "A[";
  EXPECT_FALSE(may_be_same_crs(kZone32, deep));
}

TEST(Crs, of_two_grids_must_be_the_same_and_complaints_name_both) {
  Grid image{10, 10, {0, 1, 0, 0, 0, -1}, kZone32}, reference = image;
  EXPECT_NO_THROW(require_same_crs(image, reference));
  reference.crs_wkt = kOldZone32;
  EXPECT_NO_THROW(require_same_crs(image, reference));
  reference.crs_wkt = kZone33;
  try {
    require_same_crs(image, reference);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()),
              "the image is in UTM (EPSG:32632), the reference in UTM (EPSG:32633); reproject one of them, for example "
              "with gdalwarp -t_srs");
  }
}

}  // namespace
}  // namespace nadir
