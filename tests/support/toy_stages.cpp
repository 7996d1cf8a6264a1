// Tiny stages in memory.
#include "tests/support/toy_stages.h"

#include <cmath>

#include "pipeline/core/error.h"

namespace nadir::test {
namespace {

struct NoParams {};
const ParamTable& param_table(const NoParams*) {
  static const ParamTable empty;
  return empty;
}

struct ReadParams {
  int width = 100;
  int height = 80;
  int bands = 2;
  std::string note;  // read by nobody
};
NADIR_PARAMS(ReadParams, PARAM(width, "px", range(1, 10000), "Width."), PARAM(height, "px", range(1, 10000), "Height."),
             PARAM(bands, "", range(1, 10), "Bands."), PARAM(note, "", any(), "Any text."))

class Read final : public Source {
 public:
  Read(const ReadParams& p, const StageContext&) : image_(make_texture(p.width, p.height, p.bands, unsigned(p.width))) {
    image_.invalidate(intersect({p.width / 3, p.height / 2, 5, 3}, image_.info.grid.window()));
  }
  const ImageInfo& info() const override { return image_.info; }
  void read(TileView out) const override { copy_pixels(image_.tile.view(), out, out.window); }

 private:
  Image image_;
};

// Sums in a stated order over a square of input pixels; a sample is valid when the whole square is.
void square_mean(ConstTileView in, TileView out, int factor, int first, int count) {
  const Window w = out.window;
  for (int b = 0; b < out.bands; ++b)
    for (int y = w.y; y < w.bottom(); ++y)
      for (int x = w.x; x < w.right(); ++x) {
        float sum = 0;
        bool valid = true;
        for (int j = 0; j < count; ++j)
          for (int i = 0; i < count; ++i) {
            sum += in(b, x * factor + first + i, y * factor + first + j);
            valid = valid && in.is_valid(x * factor + first + i, y * factor + first + j);
          }
        out(b, x, y) = sum / float(count * count);
        out.mask()(x, y) = valid;
      }
}

class Smooth final : public TileStage {
 public:
  Smooth(const NoParams&, const StageContext& c) : info_(*c.images[0]) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return grow(out, 1); }
  void run(Inputs in, Outputs out, Exec&) const override { square_mean(in[0], out[0], 1, -1, 3); }

 private:
  ImageInfo info_;
};

ImageInfo shrunk(ImageInfo info) {
  const Grid g = info.grid;
  info.grid = g.scaled(1, 2, {ceil_div(g.width, 2), ceil_div(g.height, 2)});
  return info;
}

class HalveBoth final : public TileStage {
 public:
  HalveBoth(const NoParams&, const StageContext& c) : info_(*c.images[0]) {}
  std::vector<ImageInfo> outputs() const override { return {shrunk(info_), info_}; }
  Window needs(std::size_t, std::size_t output, const Window& out) const override {
    return output == 0 ? Window{2 * out.x, 2 * out.y, 2 * out.width, 2 * out.height} : out;
  }
  void run(Inputs in, Outputs out, Exec&) const override {
    if (!out[0].window.empty()) square_mean(in[0], out[0], 2, 0, 2);
    if (!out[1].window.empty()) copy_pixels(in[0], out[1], out[1].window);
  }

 private:
  ImageInfo info_;
};

class Enlarge final : public TileStage {
 public:
  Enlarge(const NoParams&, const StageContext& c) : info_(*c.images[0]) {
    const Grid g = info_.grid;
    info_.grid = g.scaled(2, 1, {2 * g.width, 2 * g.height});
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override {
    if (out.empty()) return {};
    return grow(
        from_edges(floor_div(out.x, 2), floor_div(out.y, 2), ceil_div(out.right(), 2), ceil_div(out.bottom(), 2)), 1);
  }
  void run(Inputs in, Outputs out, Exec&) const override {
    for_each_pixel(out[0], [&](int b, int x, int y) {
      const int cx = floor_div(x, 2);
      const int cy = floor_div(y, 2);
      out[0](b, x, y) = 0.5f * in[0](b, cx, cy) + 0.25f * in[0](b, cx + 1, cy) + 0.25f * in[0](b, cx, cy - 1);
      out[0].mask()(x, y) = in[0].is_valid(cx, cy);
    });
  }
  template <class F>
  static void for_each_pixel(TileView out, F f) {
    for (int b = 0; b < out.bands; ++b)
      for (int y = out.window.y; y < out.window.bottom(); ++y)
        for (int x = out.window.x; x < out.window.right(); ++x) f(b, x, y);
  }

 private:
  ImageInfo info_;
};

class Add final : public TileStage {
 public:
  Add(const NoParams&, const StageContext& c) : info_(*c.images[0]), size_(c.images[1]->grid.size()) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec&) const override {
    Enlarge::for_each_pixel(out[0], [&](int b, int x, int y) {
      out[0](b, x, y) = in[0](b, x, y) + 0.5f * in[1](b % in[1].bands, x, y);
      out[0].mask()(x, y) = in[0].is_valid(x, y) && in[1].is_valid(x, y);
    });
  }

 private:
  ImageInfo info_;
  Size size_;
};

class Blockwise final : public TileStage {
 public:
  Blockwise(const NoParams&, const StageContext& c) : info_(*c.images[0]) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  int alignment() const override { return kBlock; }
  Window needs(std::size_t, std::size_t, const Window& out) const override {
    return from_edges(floor_div(out.x, kBlock) * kBlock, floor_div(out.y, kBlock) * kBlock,
                      ceil_div(out.right(), kBlock) * kBlock, ceil_div(out.bottom(), kBlock) * kBlock);
  }
  void run(Inputs in, Outputs out, Exec&) const override {
    Enlarge::for_each_pixel(out[0], [&](int b, int x, int y) {
      const int left = floor_div(x, kBlock) * kBlock;
      const int top = floor_div(y, kBlock) * kBlock;
      out[0](b, x, y) = in[0](b, x, y) - 0.5f * in[0](b, left, top) + in[0](b, left + kBlock - 1, top + kBlock - 1);
      out[0].mask()(x, y) = in[0].is_valid(x, y);
    });
  }

 private:
  static constexpr int kBlock = 16;
  ImageInfo info_;
};

struct Sum final : Evidence {
  double sum = 0;
  double count = 0;
};

class Measure final : public EstimateStage {
 public:
  Measure(const NoParams&, const StageContext& c) : size_(c.images[0]->grid.size()) {}
  std::vector<Window> blocks() const override {
    std::vector<Window> blocks;
    for (int y = 0; y < size_.height; y += 32)
      for (int x = 0; x < size_.width; x += 32) blocks.push_back(intersect({x, y, 32, 32}, whole(size_)));
    return blocks;
  }
  Window needs(std::size_t, const Window& block) const override { return grow(block, 2); }
  std::size_t evidence_bytes(const Window&) const override { return 4096; }
  std::unique_ptr<Evidence> observe(const Window& block, Inputs in, Exec&) const override {
    auto sum = std::make_unique<Sum>();
    for (int y = block.y; y < block.bottom(); ++y)
      for (int x = block.x; x < block.right(); ++x) {
        if (!in[0].is_valid(x, y)) continue;
        sum->sum += double(in[0](0, x, y)) + 0.001 * double(in[0](0, x - 2, y + 2));
        sum->count += 1;
      }
    return sum;
  }
  Value conclude(std::vector<std::unique_ptr<Evidence>> evidence, Exec&) const override {
    double sum = 0;
    double count = 0;
    for (const auto& e : evidence) {
      sum += static_cast<const Sum&>(*e).sum;
      count += static_cast<const Sum&>(*e).count;
    }
    return Record{{"mean", count > 0 ? sum / count : 0.0}};
  }

 private:
  Size size_;
};

class ScaleBy final : public TileStage {
 public:
  ScaleBy(const NoParams&, const StageContext& c) : info_(*c.images[0]) {
    if (const auto* r = std::get_if<Record>(&c.values[1])) mean_ = float(r->number("mean", 0));
  }
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs in, Outputs out, Exec&) const override {
    Enlarge::for_each_pixel(out[0], [&](int b, int x, int y) {
      out[0](b, x, y) = in[0](b, x, y) * mean_;
      out[0].mask()(x, y) = in[0].is_valid(x, y);
    });
  }

 private:
  ImageInfo info_;
  float mean_ = 1;
};

class Fail final : public TileStage {
 public:
  Fail(const NoParams&, const StageContext& c) : info_(*c.images[0]) {}
  std::vector<ImageInfo> outputs() const override { return {info_}; }
  Window needs(std::size_t, std::size_t, const Window& out) const override { return out; }
  void run(Inputs, Outputs, Exec&) const override { throw Error(Fault::data, "this stage always fails"); }

 private:
  ImageInfo info_;
};

class Collect final : public Sink {
 public:
  Collect(Collected& collected, const StageContext& c) : collected_(collected), node_(c.node) {
    image_.info = *c.images[0];
    image_.tile = Tile(image_.info.grid.window(), image_.info.band_count());
    image_.tile.fill(-1, false);
  }
  void write(ConstTileView tile) override {
    const std::scoped_lock lock(collected_.mutex);
    copy_pixels(tile, image_.tile.view(), tile.window);
    ++collected_.writes[node_];
  }
  Record finish() override {
    const std::scoped_lock lock(collected_.mutex);
    collected_.images[node_] = std::move(image_);
    return {{"path", node_}};
  }

 private:
  Collected& collected_;
  std::string node_;
  Image image_;
};

template <class Stage>
StageInfo tile_stage(const char* name, std::vector<Port> inputs, std::vector<Port> outputs, double flops = 10) {
  return {.name = name,
          .family = "toy",
          .doc = "Toy.",
          .inputs = std::move(inputs),
          .outputs = std::move(outputs),
          .params = {},
          .factory = TileFactory{make_stage<TileStage, Stage, NoParams>},
          .flops_per_sample = flops};
}

}  // namespace

Registry toy_registry(Collected& collected) {
  const Port image{"image", PortType::image, "Image."};
  const Port other{"other", PortType::image, "Image of the same size."};
  const Port small{"small", PortType::image, "Shrunk."};
  const Port mean{"mean", PortType::statistics, "Of measure.", true, "measure"};
  std::vector<StageInfo> stages{tile_stage<Smooth>("smooth", {image}, {image}),
                                tile_stage<HalveBoth>("halve_both", {image}, {small, image}, 300),
                                tile_stage<Enlarge>("enlarge", {image}, {image}),
                                tile_stage<Add>("add", {image, other}, {image}),
                                tile_stage<Blockwise>("blockwise", {image}, {image}, 1000),
                                tile_stage<ScaleBy>("scale_by", {image, mean}, {image}),
                                tile_stage<Fail>("fail", {image}, {image})};
  stages.push_back({.name = "read",
                    .family = "toy",
                    .doc = "Toy.",
                    .inputs = {},
                    .outputs = {image},
                    .params = params_of<ReadParams>(),
                    .factory = SourceFactory{make_stage<Source, Read, ReadParams>}});
  stages.push_back({.name = "measure",
                    .family = "toy",
                    .doc = "Toy.",
                    .inputs = {image},
                    .outputs = {{"mean", PortType::statistics, "Mean."}},
                    .params = {},
                    .factory = EstimateFactory{make_stage<EstimateStage, Measure, NoParams>}});
  stages.push_back({.name = "collect",
                    .family = "toy",
                    .doc = "Toy.",
                    .inputs = {image},
                    .outputs = {},
                    .params = {},
                    .factory = SinkFactory{[&collected](const StageContext& c) -> std::unique_ptr<Sink> {
                      return std::make_unique<Collect>(collected, c);
                    }}});
  return Registry(std::move(stages));
}

}  // namespace nadir::test
