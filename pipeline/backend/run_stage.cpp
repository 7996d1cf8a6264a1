// Staging of tiles between host and device memory.
#include "pipeline/backend/run_stage.h"

#include <memory>
#include <vector>

namespace nadir {

// A device copy of a host view, both dense.
class DeviceTile {
 public:
  DeviceTile(Exec& exec, const Window& window, int bands) : exec_(exec), scratch_(exec, window, bands) {}
  TileView view() const { return scratch_.view(); }

  void upload(ConstTileView host) {
    for_rows([&](std::size_t bytes, int b, int y) {
      if (b < host.bands)
        exec_.copy(view().band(b).row(y), host.band(b).row(y), bytes * sizeof(float));
      else
        exec_.copy(view().mask().row(y), host.mask().row(y), bytes);
    });
  }
  void download(TileView host) {
    for_rows([&](std::size_t bytes, int b, int y) {
      if (b < host.bands)
        exec_.copy(host.band(b).row(y), view().band(b).row(y), bytes * sizeof(float));
      else
        exec_.copy(host.mask().row(y), view().mask().row(y), bytes);
    });
  }

 private:
  template <class F>
  void for_rows(F copy_row) {
    const Window w = view().window;
    for (int b = 0; b <= view().bands; ++b)
      for (int y = w.y; y < w.bottom(); ++y) copy_row(std::size_t(w.width), b, y);
  }

  Exec& exec_;
  ScratchTile scratch_;
};

void run_stage(const TileStage& stage, Inputs in, Outputs out, Exec& exec) {
  if (!exec.on_device()) {
    stage.run(in, out, exec);
    return;
  }
  std::vector<std::unique_ptr<DeviceTile>> tiles;
  const auto device_copy = [&](const auto& host) {
    if (host.window.empty()) return TileView{};
    tiles.push_back(std::make_unique<DeviceTile>(exec, host.window, host.bands));
    return tiles.back()->view();
  };
  std::vector<ConstTileView> device_in;
  for (const ConstTileView& host : in) {
    device_in.push_back(device_copy(host));
    if (!host.window.empty()) tiles.back()->upload(host);
  }
  std::vector<TileView> device_out;
  const std::size_t first_output = tiles.size();
  for (const TileView& host : out) device_out.push_back(device_copy(host));
  stage.run(device_in, device_out, exec);
  std::size_t next = first_output;
  for (const TileView& host : out)
    if (!host.window.empty()) tiles[next++]->download(host);
  exec.finish();
}

}  // namespace nadir
