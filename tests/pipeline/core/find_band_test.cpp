#include "pipeline/core/find_band.h"

#include <gtest/gtest.h>

#include "pipeline/core/text.h"

namespace nadir {
namespace {

ImageInfo image_of(std::vector<BandInfo> bands) {
  ImageInfo image;
  image.bands = std::move(bands);
  return image;
}

TEST(FindBand, takes_numbers_names_and_colours_in_this_order_and_letters_of_either_case) {
  const ImageInfo image = image_of({{"Red", 1, 0, "Blue"}, {"NIR", 1, 0, "Red"}, {"3", 1, 0, ""}, {"", 1, 0, "Gray"}});
  EXPECT_EQ(find_band(image, "2"), 1);
  EXPECT_EQ(find_band(image, "nir"), 1);
  EXPECT_EQ(find_band(image, "Nir"), 1);
  EXPECT_EQ(find_band(image, "red"), 0) << "a name comes before a colour";
  EXPECT_EQ(find_band(image, "BLUE"), 0);
  EXPECT_EQ(find_band(image, "gray"), 3);
  EXPECT_EQ(find_band(image, "3"), 2);
}

TEST(FindBand, finds_nothing_beyond_the_bands_and_for_no_name) {
  const ImageInfo image = image_of({{"5", 1, 0, ""}, {"", 1, 0, ""}});
  for (const char* wanted : {"0", "3", "5", "-1", "1.0", "", "swir"})
    EXPECT_EQ(find_band(image, wanted), std::nullopt) << wanted;
}

TEST(FindBand, tells_what_there_is_and_that_numbers_do) {
  const ImageInfo image = image_of({{"blue", 1, 0, "Gray"}, {"", 1, 0, "Red"}, {"", 1, 0, ""}});
  EXPECT_EQ(no_such_band(image, "nir", "band_a"),
            "band_a: there is no band 'nir'; the bands are 1 (blue), 2 (Red), 3; name one of them, or give its number");
}

TEST(Text, shortens_long_lists) {
  EXPECT_EQ(some_of({"a", "b", "c"}, 3), "a, b, c");
  EXPECT_EQ(some_of({"a", "b", "c"}, 2), "a, b and 1 more");
  EXPECT_EQ(some_of({}), "none");
}

}  // namespace
}  // namespace nadir
