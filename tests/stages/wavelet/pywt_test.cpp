// Coefficients against PyWavelets, level by level, for every family and border that both have.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "stages/wavelet/filters.h"
#include "stages/wavelet/subbands.h"
#include "stages/wavelet/wavelet.h"
#include "stages/wavelet/wavelet_ops.h"
#include "tests/support/stage_harness.h"

namespace nadir {
namespace {

/// A Python that has PyWavelets, or empty.
std::string python() {
  for (const std::string program : {"/usr/bin/python3", "python3"})
    if (std::system((program + " -c 'import pywt' >/dev/null 2>&1").c_str()) == 0) return program;
  return "";
}

struct Pair {
  std::string ours;
  std::string theirs;
};

std::vector<Pair> shared_families() {
  std::vector<Pair> pairs;
  for (const std::string& name : filter_names()) {
    if (name.starts_with("johnston") || name == "haar_mean") continue;
    pairs.push_back({name, name == "cdf53" ? "bior2.2" : name == "cdf97" ? "bior4.4" : name});
  }
  return pairs;
}

struct Job {
  Pair pair;
  std::string border;
  Size size;
  int levels;
};

std::vector<Job> jobs() {
  std::vector<Job> all;
  for (const std::string border : {"symmetric", "periodic", "reflect", "zero"}) {
    for (const Pair& pair : shared_families()) all.push_back({pair, border, {53, 38}, 3});
    all.push_back({{"db4", "db4"}, border, {53, 38}, 1});
    all.push_back({{"cdf97", "bior4.4"}, border, {64, 64}, 5});
    all.push_back({{"db2", "db2"}, border, {3, 2}, 2});
  }
  return all;
}

test::Image image_of(const Job& job) { return test::make_texture(job.size.width, job.size.height, 1, 5); }

void write_image(const test::Image& image, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  for (int y = 0; y < image.info.grid.height; ++y)
    for (int x = 0; x < image.info.grid.width; ++x) {
      const double v = double(image(0, x, y));
      out.write(reinterpret_cast<const char*>(&v), sizeof v);
    }
}

std::vector<double> read_values(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<double> values;
  for (double v = 0; in.read(reinterpret_cast<char*>(&v), sizeof v);) values.push_back(v);
  return values;
}

// The script's line for a job. PyWavelets' filters are as long as the longer one and stand at samples 2i + 2 - length.
std::string line_of(const Job& job, const std::string& in, const std::string& out) {
  const Filter filter = filter_of(*filter_named(job.pair.ours));
  const bool odd = filter.low.length % 2 == 1;
  const int low_shift = odd ? -(filter.low.length / 4) : (2 - filter.low.length - filter.low.first) / 2;
  const int high_shift = odd ? low_shift : filter.low.first / 2;
  std::ostringstream line;
  line << in << ' ' << job.size.width << ' ' << job.size.height << ' ' << job.pair.theirs << ' ' << job.levels << ' '
       << job.border << ' ' << low_shift << ' ' << high_shift << ' ' << margin_of(filter, job.levels) << ' ' << out;
  return line.str();
}

// Ours in the order of the reference.
std::vector<std::vector<double>> subbands_of(const test::Image& packed, const SubbandLayout& layout) {
  const ConstTileView view = packed.tile.view();
  const Size grid = packed.info.grid.size();
  std::vector<std::vector<double>> all(1);
  for (int y = 0; y < grid.height; ++y)
    for (int x = 0; x < grid.width; ++x) all[0].push_back(double(view(0, x, y)));
  for (int level = layout.levels; level > 0; --level)
    for (const Orientation o : {Orientation::lh, Orientation::hl, Orientation::hh}) {
      const int side = 1 << (layout.levels - level);
      all.emplace_back();
      for (int y = -layout.margin * side; y < (grid.height - layout.margin) * side; ++y)
        for (int x = -layout.margin * side; x < (grid.width - layout.margin) * side; ++x)
          all.back().push_back(double(layout.at(view, 0, level, o, x, y)));
    }
  return all;
}

void expect_equal_coefficients(const Job& job, const std::vector<double>& expected) {
  const test::Image image = image_of(job);
  const test::Image packed =
      test::apply(qmf_decompose_stage(),
                  {{"filter", job.pair.ours}, {"levels", std::int64_t{job.levels}}, {"border", job.border}}, {&image});
  const SubbandLayout layout = SubbandLayout::read_from(packed.info).value();
  double largest = 0;
  for (const double v : expected) largest = std::max(largest, std::abs(v));
  std::size_t next = 0;
  for (const std::vector<double>& band : subbands_of(packed, layout)) {
    ASSERT_LE(next + band.size(), expected.size());
    double scale = 0.01 * largest;  // for the bands of tiny images that are 0
    double worst = 0;
    for (std::size_t i = 0; i < band.size(); ++i) {
      scale = std::max(scale, std::abs(expected[next + i]));
      worst = std::max(worst, std::abs(expected[next + i] - band[i]));
    }
    EXPECT_LE(worst, 1e-5 * scale) << job.pair.ours << ", " << job.border << ", " << job.levels << " levels, from "
                                   << next;
    next += band.size();
  }
  EXPECT_EQ(next, expected.size());
}

TEST(PyWavelets, gives_the_same_coefficients_for_every_shared_family_border_and_level) {
  const std::string program = python();
  if (program.empty()) GTEST_SKIP() << "no python3 with pywt (Debian: python3-pywt)";
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("nadir_pywt_" + std::to_string(getpid()))).string() + "/";
  std::filesystem::create_directories(folder);
  const std::vector<Job> all = jobs();
  {
    std::ofstream list(folder + "jobs");
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::string name = folder + std::to_string(i);
      write_image(image_of(all[i]), name + ".in");
      list << line_of(all[i], name + ".in", name + ".out") << '\n';
    }
  }
  const std::string script = NADIR_SOURCE "/tests/stages/wavelet/pywt_reference.py";
  ASSERT_EQ(std::system((program + " " + script + " " + folder + "jobs").c_str()), 0);
  for (std::size_t i = 0; i < all.size(); ++i)
    expect_equal_coefficients(all[i], read_values(folder + std::to_string(i) + ".out"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace nadir
