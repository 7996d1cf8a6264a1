// An image on its way to a file: tiles of float32 go in, encoded samples lie in an uncompressed TIFF in the working
// folder, with their reduced images. What is there survives the program, and a later one goes on with it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "io/encode.h"
#include "io/reduce.h"
#include "io/tiff_layout.h"
#include "pipeline/files/tile_journal.h"

namespace nadir {

/// Where unfinished files lie and who may go on with them.
struct WorkPlace {
  std::string stem;        ///< path in the working folder, without ending
  std::string resume_key;  ///< empty: nothing is kept
  std::string unit;        ///< of several processes that fill the same file; empty for a single one
  bool in_memory = false;  ///< the pixels need no disk, and are gone with the program
};

class ScratchTiff {
 public:
  ScratchTiff(const WorkPlace& place, const TiffLayout& layout, const Encoding& encoding, Reduction reduction);
  /// Without a resume key nothing is left behind.
  ~ScratchTiff();
  ScratchTiff(const ScratchTiff&) = delete;
  ScratchTiff& operator=(const ScratchTiff&) = delete;

  /// Safe from many threads.
  void write(ConstTileView tile);
  /// True when an earlier run wrote exactly this window.
  bool holds(const Window& window) const;
  /// Makes the reduced images complete. All pixels must have been written.
  void complete();
  EncodingCounts counts() const;
  const std::string& pixels_path() const { return pixels_.path(); }
  /// All bytes of the file, where it lies in memory.
  std::span<const std::byte> pixels() const { return pixels_.memory(); }
  /// Of the mask of valid pixels; empty where the nodata value tells.
  std::string mask_path() const { return mask_ ? mask_->path() : ""; }
  void remove_files() const noexcept;
  /// True when the working folder holds the file of an earlier run, or of a unit.
  static bool is_there(const WorkPlace& place);

 private:
  std::uint64_t write_window(ConstTileView tile, const std::uint8_t* valid, EncodingCounts& counts, bool& nan);
  std::uint64_t hash_of(const Window& window) const;
  void take_over_earlier();
  void mark_written(const Window& window);
  void block_is_complete(int level, int column, int row);
  void reduce_into(int level, int column, int row);
  std::atomic<int>& missing(int level, int column, int row);

  WorkPlace place_;
  TiffLayout layout_;
  TiffLayout mask_layout_;
  Encoding encoding_;
  Reduction reduction_;
  PositionedFile pixels_;
  std::optional<PositionedFile> mask_;
  std::unique_ptr<TileJournal> journal_;
  std::vector<Window> earlier_;  ///< that an earlier run wrote and that are still there, sorted
  /// By level and block what is missing before it is complete: pixels of the full image, blocks of the level before.
  std::vector<std::vector<std::atomic<int>>> missing_;
  mutable std::mutex mutex_;
  EncodingCounts counts_;
};

}  // namespace nadir
