// An image kept on disk between passes: raw float32 planes and a mask, written and read at any window by any thread.
#pragma once

#include <string>

#include "pipeline/core/image.h"

namespace nadir {

class ScratchImage {
 public:
  /// Creates the file; it is removed with the object. Throws Error(Fault::io) when there is no room.
  ScratchImage(const std::string& path, Size size, int bands);
  ~ScratchImage();
  ScratchImage(const ScratchImage&) = delete;
  ScratchImage& operator=(const ScratchImage&) = delete;

  void write(ConstTileView tile);
  void read(TileView tile) const;
  /// Bytes that such an image takes on disk.
  static std::size_t bytes(Size size, int bands) { return Tile::bytes(whole(size), bands); }

 private:
  std::size_t offset(int band, int x, int y, std::size_t sample_bytes) const;

  std::string path_;
  Size size_;
  int bands_;
  int file_ = -1;
};

}  // namespace nadir
