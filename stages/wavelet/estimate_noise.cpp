// Noise level and robust range of an image.
#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>

#include "pipeline/backend/exec.h"
#include "stages/block_sample.h"
#include "stages/wavelet/band_covariance.h"
#include "stages/wavelet/histogram.h"
#include "stages/wavelet/wavelet.h"

namespace nadir {
namespace {

enum class NoiseMethod { flat_cells, median };

struct Params {
  NoiseMethod method = NoiseMethod::flat_cells;
  int max_blocks = 64;
};
NADIR_PARAMS(
    Params,
    PARAM(method, "", choices({"flat_cells", "median"}),
          "From the flattest fifth of cells of 16 x 16 pixels, which texture leaves alone; or from all pixels, "
          "by the median, where there is hardly any texture."),
    PARAM(max_blocks, "", range(1, 1e6),
          "Blocks of 512 x 512 pixels that are looked at; of larger scenes a random sample."))

constexpr int kBlock = 512;
constexpr int kCell = 4;
constexpr int kFlatCell = 16;
constexpr double kFlatShare = 0.2;
constexpr std::size_t kLeastCells = 144;              // so many at least, or all: a fifth of a small image says little
constexpr std::size_t kFewCells = 4;                  // fewer say nothing; the median is then the better answer
constexpr double kNormalMedian = 0.6744897501960817;  // of |n| for standard normal n

// Mean squares of two details of a cell of white noise that have nothing in common with each other, so that to choose
// cells by the one does not bend the other.
struct Cell {
  double coarse = 0;  ///< of the diagonal details of means of 2 x 2 pixels: texture that reaches the finest scale too
  double fine = 0;    ///< of second differences along both axes, scaled to the noise's own variance
  auto operator<=>(const Cell&) const = default;
};

struct BandEvidence {
  Histogram samples;
  Histogram details;
  std::vector<Cell> cells;
  bool whole = true;  ///< all samples are whole numbers
  double count = 0;
  double mean = 0;
  double squares = 0;  ///< sum of squared deviations from the mean

  void add(const BandEvidence& o);
};

// Moments of a union: Chan, Golub, LeVeque, The American Statistician 37 (1983).
void BandEvidence::add(const BandEvidence& o) {
  samples.add(o.samples);
  details.add(o.details);
  cells.insert(cells.end(), o.cells.begin(), o.cells.end());
  whole = whole && o.whole;
  if (o.count == 0) return;
  const double total = count + o.count;
  const double delta = o.mean - mean;
  squares += o.squares + delta * delta * count * o.count / total;
  mean += delta * o.count / total;
  count = total;
}

class BlockEvidence final : public Evidence {
 public:
  std::vector<BandEvidence> bands;
  BandCovariance covariance;
  double pixels = 0;
};

// What counts in one cell of 4 x 4 samples, cut at the edge of the block.
class CellReader {
 public:
  CellReader(ConstTileView in, int band, std::pair<double, double> type_limits)
      : in_(in), band_(band), low_(float(type_limits.first)), high_(float(type_limits.second)) {}

  /// Diagonal details of the cell's four 2 x 2 blocks: none when all its samples are equal, for that is fill and not
  /// noise; none of a block with an invalid or saturated sample, where noise is clipped.
  template <class Take>
  void details(int x, int y, const Take& take) const {
    const Window cell = intersect({x, y, kCell, kCell}, in_.window);
    if (is_flat(cell)) return;
    for (int v = y; v + 1 < cell.bottom(); v += 2)
      for (int u = x; u + 1 < cell.right(); u += 2)
        if (counts(u, v) && counts(u + 1, v) && counts(u, v + 1) && counts(u + 1, v + 1))
          take(0.5f * ((at(u, v) - at(u + 1, v)) - (at(u, v + 1) - at(u + 1, v + 1))));
  }

  bool all_count(const Window& cell) const {
    for (int v = cell.y; v < cell.bottom(); ++v)
      for (int u = cell.x; u < cell.right(); ++u)
        if (!counts(u, v)) return false;
    return true;
  }
  Cell measure(const Window& cell) const { return {.coarse = coarse(cell), .fine = fine(cell)}; }

 private:
  float at(int x, int y) const { return in_(band_, x, y); }
  bool counts(int x, int y) const {
    const float v = at(x, y);
    return in_.is_valid(x, y) && v > low_ && v < high_;
  }
  bool is_flat(const Window& cell) const {
    const float first = at(cell.x, cell.y);
    for (int v = cell.y; v < cell.bottom(); ++v)
      for (int u = cell.x; u < cell.right(); ++u)
        if (at(u, v) != first) return false;
    return true;
  }

  // 1, -2, 1 along both axes: squares of the taps add up to 36.
  double fine(const Window& cell) const {
    const auto bend = [&](int x, int y) { return double(at(x - 1, y)) - 2 * double(at(x, y)) + double(at(x + 1, y)); };
    double sum = 0;
    for (int y = cell.y + 1; y + 1 < cell.bottom(); ++y)
      for (int x = cell.x + 1; x + 1 < cell.right(); ++x) {
        const double d = bend(x, y - 1) - 2 * bend(x, y) + bend(x, y + 1);
        sum += d * d;
      }
    return sum / (36.0 * (cell.width - 2) * (cell.height - 2));
  }
  double coarse(const Window& cell) const {
    const auto block = [&](int x, int y) {
      return double(at(x, y)) + double(at(x + 1, y)) + double(at(x, y + 1)) + double(at(x + 1, y + 1));
    };
    double sum = 0;
    for (int y = cell.y; y + 3 < cell.bottom(); y += 2)
      for (int x = cell.x; x + 3 < cell.right(); x += 2) {
        const double d = (block(x, y) - block(x + 2, y)) - (block(x, y + 2) - block(x + 2, y + 2));
        sum += d * d;
      }
    return sum;
  }

  ConstTileView in_;
  int band_;
  float low_;
  float high_;
};

// Two passes, so that the moments need no large squares.
void read_samples(ConstTileView in, int band, BandEvidence& evidence) {
  const Window& w = in.window;
  HistogramBuilder samples;
  double sum = 0;
  const auto for_samples = [&](const auto& use) {
    for (int y = w.y; y < w.bottom(); ++y)
      for (int x = w.x; x < w.right(); ++x)
        if (in.is_valid(x, y) && std::isfinite(in(band, x, y))) use(in(band, x, y));
  };
  for_samples([&](float v) {
    samples.count(v);
    sum += double(v);
    evidence.count += 1;
    evidence.whole = evidence.whole && v == std::rint(v);
  });
  if (evidence.count > 0) evidence.mean = sum / evidence.count;
  for_samples([&](float v) { evidence.squares += (double(v) - evidence.mean) * (double(v) - evidence.mean); });
  evidence.samples = samples.finish();
}

void read_details(ConstTileView in, int band, std::pair<double, double> type_limits, BandEvidence& evidence) {
  const CellReader cells(in, band, type_limits);
  HistogramBuilder details;
  for (int y = in.window.y; y < in.window.bottom(); y += kCell)
    for (int x = in.window.x; x < in.window.right(); x += kCell)
      cells.details(x, y, [&details](float d) { details.count(std::abs(d)); });
  evidence.details = details.finish();
}

// Cells without any roughness are fill.
void read_cells(ConstTileView in, int band, std::pair<double, double> type_limits, BandEvidence& evidence) {
  const CellReader reader(in, band, type_limits);
  const Window& w = in.window;
  for (int y = w.y; y + kFlatCell <= w.bottom(); y += kFlatCell)
    for (int x = w.x; x + kFlatCell <= w.right(); x += kFlatCell) {
      const Window window{x, y, kFlatCell, kFlatCell};
      if (!reader.all_count(window)) continue;
      if (const Cell cell = reader.measure(window); cell.fine > 0) evidence.cells.push_back(cell);
    }
}

// The median of |d| / 0.6745. Details of whole numbers are multiples of 1/2; each then stands for values up to 1/4
// away.
double median_noise(const BandEvidence& band) {
  return band.details.quantile(0.5, band.whole ? 0.25 : 0.0) / kNormalMedian;
}

double flat_noise(std::vector<Cell> cells) {
  const std::size_t fifth = std::size_t(std::ceil(kFlatShare * double(cells.size())));
  const std::size_t n = std::min(cells.size(), std::max(fifth, kLeastCells));
  std::sort(cells.begin(), cells.end());
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += cells[i].fine;
  return std::sqrt(sum / double(n));
}

double noise_of(const BandEvidence& band, NoiseMethod method) {
  const bool by_cells = method == NoiseMethod::flat_cells && band.cells.size() >= kFewCells;
  return by_cells ? flat_noise(band.cells) : median_noise(band);
}

// Of the flattest cells, as noise estimators from homogeneous blocks do (Lee, Hoppel, IGARSS 1989), by the second
// differences of Immerkaer (Computer Vision and Image Understanding 64, 1996), which slopes and edges along the axes
// hardly reach; or sigma = median(|hh|) / 0.6745 over the finest diagonal subband of the orthonormal Haar transform
// (Donoho, Johnstone, Biometrika 81, 1994), which smooth structure hardly reaches. Range: the 1 % and 99 % quantiles.
// Only valid samples count; a band without any gives zeros.
class EstimateNoise final : public EstimateStage {
 public:
  EstimateNoise(const Params& p, const StageContext& context)
      : info_(*context.images[0]), method_(p.method), max_blocks_(std::size_t(p.max_blocks)), seed_(context.seed) {}

  std::vector<Window> blocks() const override { return sampled_blocks(info_.grid.size(), kBlock, max_blocks_, seed_); }
  Window needs(std::size_t, const Window& block) const override { return block; }

  // Two histograms of each band, its cells, its part of the covariance. An estimate: samples of a block hardly span
  // more than 1 : 256, details come close to zero, and whole numbers leave most bins of these octaves empty.
  std::size_t evidence_bytes(const Window& block) const override {
    const bool whole_numbers = is_integer(info_.type);
    const int octaves_of_samples = whole_numbers ? 2 : 8, octaves_of_details = whole_numbers ? 2 : 16;
    const auto pixels = std::size_t(block.area()), bands = std::size_t(info_.band_count());
    const std::size_t histograms =
        Histogram::most_bytes(pixels, octaves_of_samples) + Histogram::most_bytes(pixels / 4, octaves_of_details);
    const std::size_t cells = pixels / (kFlatCell * kFlatCell) * sizeof(Cell);
    return bands * (sizeof(BandEvidence) + histograms + cells + (bands + 1) * sizeof(double));
  }
  std::unique_ptr<Evidence> observe(const Window&, Inputs in, Exec& exec) const override {
    auto evidence = std::make_unique<BlockEvidence>();
    evidence->bands.resize(std::size_t(in[0].bands));
    evidence->pixels = double(in[0].window.area());
    evidence->covariance = BandCovariance(in[0]);
    const auto type_limits = is_integer(info_.type) ? limits_of(info_.type) : kNoLimits;
    exec.parallel(in[0].bands, [&](int b) {
      read_samples(in[0], b, evidence->bands[std::size_t(b)]);
      read_details(in[0], b, type_limits, evidence->bands[std::size_t(b)]);
      if (method_ == NoiseMethod::flat_cells) read_cells(in[0], b, type_limits, evidence->bands[std::size_t(b)]);
    });
    return evidence;
  }

  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec&) const override {
    BlockEvidence all;
    all.bands.resize(std::size_t(info_.band_count()));
    for (const auto& part : evidence) {
      const auto& block = static_cast<const BlockEvidence&>(*part);
      all.pixels += block.pixels;
      all.covariance.add(block.covariance);
      for (std::size_t b = 0; b < all.bands.size(); ++b) all.bands[b].add(block.bands[b]);
    }
    const auto each = [&all](const auto& fact) {
      std::vector<double> values;
      for (const BandEvidence& band : all.bands) values.push_back(fact(band));
      return values;
    };
    return Record{
        {"sigma", each([this](const BandEvidence& band) { return noise_of(band, method_); })},
        {"low", each([](const BandEvidence& band) { return band.samples.quantile(0.01); })},
        {"high", each([](const BandEvidence& band) { return band.samples.quantile(0.99); })},
        {"mean", each([](const BandEvidence& band) { return band.mean; })},
        {"std",
         each([](const BandEvidence& band) { return band.count > 0 ? std::sqrt(band.squares / band.count) : 0; })},
        {"valid_fraction", each([&all](const BandEvidence& band) { return band.count / std::max(1.0, all.pixels); })},
        {"covariance", all.covariance.matrix(info_.band_count())}};
  }

 private:
  static constexpr std::pair<double, double> kNoLimits{-std::numeric_limits<double>::infinity(),
                                                       std::numeric_limits<double>::infinity()};

  ImageInfo info_;
  NoiseMethod method_;
  std::size_t max_blocks_;
  std::uint64_t seed_;
};

}  // namespace

StageInfo estimate_noise_stage() {
  return {.name = "estimate_noise",
          .family = "wavelet",
          .doc = "Estimates the noise level and the robust range of every band.",
          .inputs = {{"image", PortType::image, "What to look at."}},
          .outputs = {{"statistics", PortType::statistics,
                       "By band: sigma, low and high (1 % and 99 % quantiles), mean, std, valid_fraction; covariance "
                       "of the bands."}},
          .params = params_of<Params>(),
          .factory = EstimateFactory{make_stage<EstimateStage, EstimateNoise, Params>},
          .flops_per_sample = 10};
}

}  // namespace nadir
