// Tiles that lie where the loops run, and their way from and to the host's memory.
#pragma once

#include "pipeline/backend/exec.h"

namespace nadir {

/// Memory for a copy of a tile of the host.
class StagedTile {
 public:
  StagedTile(Exec& exec, const Window& window, int bands) : exec_(exec), tile_(exec, window, bands) {}
  StagedTile(Exec& exec, ConstTileView host) : StagedTile(exec, host.window, host.bands) { upload(host); }
  TileView view() const { return tile_.view(); }

  /// Both views have the same window and bands.
  void upload(ConstTileView host) { copy(view(), host); }
  void download(TileView host) { copy(host, view()); }

 private:
  void copy(TileView to, ConstTileView from) {
    const auto width = std::size_t(from.window.width);
    for (int b = 0; b < from.bands; ++b)
      exec_.copy_rows(to.samples + b * to.plane, std::size_t(to.stride) * sizeof(float), from.samples + b * from.plane,
                      std::size_t(from.stride) * sizeof(float), width * sizeof(float), from.window.height);
    exec_.copy_rows(to.valid, std::size_t(to.stride), from.valid, std::size_t(from.stride), width, from.window.height);
  }

  Exec& exec_;
  ScratchTile tile_;
};

}  // namespace nadir
