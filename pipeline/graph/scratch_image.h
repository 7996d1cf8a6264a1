// An image kept on disk between passes: float32 planes and a mask, written and read at any window by any thread.
#pragma once

#include <memory>
#include <string>

#include "pipeline/core/image.h"
#include "pipeline/files/block_plane.h"
#include "pipeline/files/tile_journal.h"

namespace nadir {

class ScratchImage {
 public:
  /// `stem`.raw, made or, with the same non-empty `resume_key`, gone on with. Throws Error(Fault::io) when there is no
  /// room.
  ScratchImage(const std::string& stem, Size size, int bands, const std::string& resume_key);
  /// Without a resume key the file goes with the object.
  ~ScratchImage();
  ScratchImage(const ScratchImage&) = delete;
  ScratchImage& operator=(const ScratchImage&) = delete;

  void write(ConstTileView tile);
  void read(TileView tile) const;
  /// True when an earlier run wrote exactly this window.
  bool holds(const Window& window) const;
  /// Bytes that such an image takes on disk.
  static std::size_t bytes(Size size, int bands);

 private:
  BlockPlane samples(int band) const;
  BlockPlane mask() const;
  std::uint64_t hash_of(const Window& window) const;

  Size size_;
  int bands_;
  PositionedFile file_;
  std::unique_ptr<TileJournal> journal_;
  std::vector<Window> earlier_;
};

}  // namespace nadir
