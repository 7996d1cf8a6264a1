// The search for the shift between edges and boundaries.
#include "stages/alignment/boundary_match.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "pipeline/core/random.h"
#include "stages/alignment/survey_blocks.h"
#include "stages/alignment/tie_features.h"

namespace nadir {
namespace {

constexpr double kSmoothPx = 1.5;  // of the Gaussian over the features, in which edges can be found from a distance
constexpr int kSmoothReach = 4;    // px
constexpr int kFineRadius = 2;     // steps of the fine search
constexpr double kFineStepPx = 0.5;
constexpr int kFineRounds = 3;
constexpr int kFineReach = 4;       // px that the fine search may read beyond the coarse one
constexpr int kMostPoints = 40000;  // along all boundaries
constexpr std::int64_t kLeastPoints = 24;
constexpr int kFoldCell = 64;  // px; parts of long lines are folds of their own
constexpr double kLeastOverlap = 2.0 / 3;

using Complex = std::complex<float>;

// The edges of one block, summed over bands, each of which counts by its own mean strength.
class EdgeBlock final : public Evidence {
 public:
  Window window;
  std::vector<Complex> edges;  ///< 0 where invalid
  std::vector<std::uint8_t> valid;
};

// Edges at any pixel.
class EdgeMosaic {
 public:
  EdgeMosaic(std::vector<std::unique_ptr<Evidence>> evidence, Size scene)
      : across_(ceil_div(scene.width, kMosaicBlock)), scene_(scene) {
    blocks_.resize(std::size_t(across_) * std::size_t(ceil_div(scene.height, kMosaicBlock)));
    for (auto& e : evidence) {
      std::unique_ptr<EdgeBlock> block(static_cast<EdgeBlock*>(e.release()));
      blocks_[std::size_t(block->window.y / kMosaicBlock * across_ + block->window.x / kMosaicBlock)] =
          std::move(block);
    }
  }
  /// Null where nothing is known.
  const Complex* at(int x, int y) const {
    if (x < 0 || y < 0 || x >= scene_.width || y >= scene_.height) return nullptr;
    const EdgeBlock* block = blocks_[std::size_t(y / kMosaicBlock * across_ + x / kMosaicBlock)].get();
    if (!block) return nullptr;
    const auto k =
        std::size_t(y - block->window.y) * std::size_t(block->window.width) + std::size_t(x - block->window.x);
    return block->valid[k] ? &block->edges[k] : nullptr;
  }

 private:
  int across_;
  Size scene_;
  std::vector<std::unique_ptr<EdgeBlock>> blocks_;
};

struct BoundaryPoint {
  double x;  ///< px
  double y;
  Complex across;  ///< the conjugate of the squared normal
  int fold;
};

// The part of a segment, 0 … 1 from its beginning, that lies in a window (Liang and Barsky 1984); low > high: none.
struct SegmentPart {
  double low = 0;
  double high = 1;
};

SegmentPart part_inside(const Point& from, const Point& to, const Window& w) {
  SegmentPart part;
  const auto cut = [&](double start, double way, double low, double high) {
    if (way == 0 && (start < low || start > high)) part.high = -1;
    if (way == 0) return;
    const double a = (low - start) / way, b = (high - start) / way;
    part.low = std::max(part.low, std::min(a, b));
    part.high = std::min(part.high, std::max(a, b));
  };
  cut(from.x, to.x - from.x, w.x, w.right());
  cut(from.y, to.y - from.y, w.y, w.bottom());
  return part;
}

double length_inside(const std::vector<Point>& line, const Window& w) {
  double sum = 0;
  for (std::size_t i = 1; i < line.size(); ++i) {
    const SegmentPart part = part_inside(line[i - 1], line[i], w);
    if (part.low < part.high)
      sum += (part.high - part.low) * std::hypot(line[i].x - line[i - 1].x, line[i].y - line[i - 1].y);
  }
  return sum;
}

// Rings and lines in pixels, rings closed.
struct Boundary {
  std::vector<Point> line;
  std::size_t feature;
};

std::vector<Boundary> boundaries_of(const Survey& survey, const Grid& grid) {
  std::vector<Boundary> all;
  for (std::size_t f = 0; f < survey.features.size(); ++f) {
    const Feature& feature = survey.features[f];
    if (feature.shape == Shape::point) continue;
    for (const std::vector<Point>& part : feature.parts) {
      Boundary boundary{{}, f};
      for (const Point& p : part) boundary.line.push_back(grid.to_pixel(p.x, p.y));
      if (feature.shape == Shape::polygon && !part.empty()) boundary.line.push_back(boundary.line.front());
      all.push_back(std::move(boundary));
    }
  }
  return all;
}

// Every pixel along the boundaries in a window, or as many as may be, evenly.
std::vector<BoundaryPoint> points_along(const Survey& survey, const Grid& grid, const Window& window) {
  const std::vector<Boundary> all = boundaries_of(survey, grid);
  double length = 0;
  for (const Boundary& b : all) length += length_inside(b.line, window);
  const double step = std::max(1.0, length / kMostPoints);
  const bool by_feature = survey.features.size() >= 2 * kFolds;
  std::vector<BoundaryPoint> points;
  for (const Boundary& b : all) {
    double next = 0.5 * step;  // along the line, from where the segment begins in the window
    for (std::size_t i = 1; i < b.line.size(); ++i) {
      const Point from = b.line[i - 1], to = b.line[i];
      const SegmentPart part = part_inside(from, to, window);
      if (!(part.low < part.high)) continue;
      const double size = std::hypot(to.x - from.x, to.y - from.y);
      const double inside = (part.high - part.low) * size;
      for (; next < inside; next += step) {
        const double t = part.low + next / size;
        const double x = from.x + t * (to.x - from.x), y = from.y + t * (to.y - from.y);
        const Complex normal(float(-(to.y - from.y) / size), float((to.x - from.x) / size));
        const auto cell =
            std::uint64_t(std::int64_t(std::floor(y / kFoldCell)) * 65537 + std::int64_t(std::floor(x / kFoldCell)));
        const int fold = int(by_feature ? b.feature % kFolds : split_mix(cell) % kFolds);
        points.push_back({x, y, std::conj(normal * normal), fold});
      }
      next -= inside;
    }
  }
  return points;
}

// `read` gives the edge at a point, or null.
template <class Read>
Judged judge(const std::vector<BoundaryPoint>& points, Read&& read) {
  std::array<double, kFolds> sum{}, count{};
  Judged judged;
  for (const BoundaryPoint& p : points) {
    Complex z;
    if (!read(p, z)) continue;
    sum[std::size_t(p.fold)] += double((z * p.across).real());
    ++count[std::size_t(p.fold)];
    ++judged.overlap;
  }
  for (int set = 0; set < kSets; ++set) {
    double total = 0, number = 0;
    for (int fold = 0; fold < kFolds; ++fold)
      if (in_set(set, fold)) total += sum[std::size_t(fold)], number += count[std::size_t(fold)];
    judged.score[std::size_t(set)] = number > 0 ? total / number : std::numeric_limits<double>::quiet_NaN();
  }
  return judged;
}

// Over a square of shifts around `centre`.
std::vector<Judged> judge_around(const std::vector<BoundaryPoint>& points, const EdgeMosaic& edges, const Point& centre,
                                 double step, int radius, const Exec& exec) {
  const int side = 2 * radius + 1;
  std::vector<Judged> judged(std::size_t(side * side));
  exec.parallel(side, [&](int row) {
    for (int col = 0; col < side; ++col) {
      const double dx = centre.x + step * (col - radius) - 0.5, dy = centre.y + step * (row - radius) - 0.5;
      judged[std::size_t(row * side + col)] = judge(points, [&](const BoundaryPoint& p, Complex& z) {
        const double x = p.x + dx, y = p.y + dy;
        const int left = int(std::floor(x)), top = int(std::floor(y));
        const Complex* a = edges.at(left, top);
        const Complex* b = edges.at(left + 1, top);
        const Complex* c = edges.at(left, top + 1);
        const Complex* d = edges.at(left + 1, top + 1);
        if (!a || !b || !c || !d) return false;
        const float u = float(x - left), v = float(y - top);
        z = (1 - v) * ((1 - u) * *a + u * *b) + v * ((1 - u) * *c + u * *d);
        return true;
      });
    }
  });
  return judged;
}

Point top_of(const Surface& fine, const Point& centre) {
  const Point p = refine(fine, {0, 0, fine.at(0, 0)}, kFineRadius);
  return {centre.x + kFineStepPx * p.x, centre.y + kFineStepPx * p.y};
}

std::array<Point, kSets> locate(const std::vector<Surface>& coarse, const Peak& top,
                                const std::vector<BoundaryPoint>& points, const EdgeMosaic& edges, const Exec& exec) {
  Point centre{double(top.x), double(top.y)};
  std::vector<Surface> fine;
  for (int round = 0; round < kFineRounds; ++round) {
    if (round > 0) {
      const Point moved = top_of(fine[0], centre);
      centre = {std::clamp(moved.x, top.x - 2.0, top.x + 2.0), std::clamp(moved.y, top.y - 2.0, top.y + 2.0)};
    }
    fine = to_surfaces(judge_around(points, edges, centre, kFineStepPx, kFineRadius, exec), kFineRadius, 1);
  }
  std::array<Point, kSets> shifts;
  for (std::size_t set = 0; set < kSets; ++set) {
    const Peak own = highest(coarse[set]).value_or(top);
    const bool near = std::max(std::abs(own.x - top.x), std::abs(own.y - top.y)) <= 1;
    shifts[set] = near ? top_of(fine[set], centre) : refine(coarse[set], own, 1);
  }
  return shifts;
}

}  // namespace

BoundaryMatch::BoundaryMatch(SurveyPtr survey, const ImageInfo& image, int max_shift_px, Split split)
    : image_(image), max_shift_px_(max_shift_px) {
  SurveyBlocks near = blocks_near(survey.get(), split, image.grid, max_shift_px + kFineReach, 3);
  survey_ = std::move(near.survey);
  blocks_ = std::move(near.blocks);
}

Window BoundaryMatch::needs(const Window& block) const { return grow(block, kFeatureReach + kSmoothReach); }

std::unique_ptr<Evidence> BoundaryMatch::observe(const Window& block, ConstTileView image) const {
  auto evidence = std::make_unique<EdgeBlock>();
  evidence->window = block;
  cv::Mat sum = cv::Mat::zeros(block.height + 2 * kSmoothReach, block.width + 2 * kSmoothReach, CV_32FC2);
  cv::Mat valid;
  for (int b = 0; b < image.bands; ++b) {
    const Features f = features_of(samples_of(image, b, image_.grid.window()));
    const double strength = cv::norm(f.z, cv::NORM_L2) / std::sqrt(std::max(1.0, cv::sum(f.valid)[0]));
    if (strength > 0) sum += f.z / strength;
    valid = valid.empty() ? f.valid : cv::min(valid, f.valid);
  }
  cv::GaussianBlur(sum, sum, {2 * kSmoothReach + 1, 2 * kSmoothReach + 1}, kSmoothPx);
  for (int y = 0; y < block.height; ++y)
    for (int x = 0; x < block.width; ++x) {
      const cv::Vec2f z = sum.at<cv::Vec2f>(y + kSmoothReach, x + kSmoothReach);
      evidence->edges.emplace_back(z[0], z[1]);
      evidence->valid.push_back(valid.at<float>(y + kSmoothReach, x + kSmoothReach) > 0);
    }
  return evidence;
}

ShiftEstimate BoundaryMatch::conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec& exec) const {
  ShiftEstimate estimate;
  const auto failed = [&](std::string reason) {
    estimate.failure = std::move(reason);
    return estimate;
  };
  const std::vector<BoundaryPoint> points =
      points_along(survey_, image_.grid, grow(image_.grid.window(), max_shift_px_ + kFineReach));
  const EdgeMosaic edges(std::move(evidence), image_.grid.size());
  const auto whole = judge_around(points, edges, {0, 0}, 1, max_shift_px_, exec);
  std::int64_t most = 0;
  for (const Judged& j : whole) most = std::max(most, j.overlap);
  estimate.samples = most;
  if (most < kLeastPoints)
    return failed("the survey has no outlines or lines inside the scene, or hardly any; at least " +
                  std::to_string(kLeastPoints) + " px of them are needed");
  const auto coarse = to_surfaces(whole, max_shift_px_, std::int64_t(kLeastOverlap * double(most)));
  const auto top = highest(coarse[0]);
  if (!top || top->score <= 0) return failed("no edge of the image follows the boundaries of the survey");
  estimate.on_border = std::max(std::abs(top->x), std::abs(top->y)) == max_shift_px_;
  estimate.peak = top->score;
  estimate.second_peak = second_highest(coarse[0], *top);
  estimate.z_score = robust_z(coarse[0], *top);
  estimate.shift = locate(coarse, *top, points, edges, exec);
  return estimate;
}

}  // namespace nadir
