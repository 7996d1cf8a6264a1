// Which windows of an unfinished image are on disk already, so that an interrupted run goes on where it was.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/core/window.h"

namespace nadir {

/// One window that was written completely. The hash of its bytes tells whether the disk still holds them: a record may
/// survive a power cut that its pixels do not survive.
struct TileRecord {
  Window window;
  std::array<std::int64_t, 4> counts{};  ///< what the writer counted in it
  std::uint64_t content = 0;
};

/// An append-only file of checksummed records. Records of several processes, each with a journal of its own, add up.
/// Adding is safe from many threads.
class TileJournal {
 public:
  /// `stem`.journal, or `stem`.journal.`unit`. Records of all journals of this stem are read whose `key` is the same;
  /// the own one is started anew when its key is another one, and cut where a record is damaged.
  TileJournal(const std::string& stem, const std::string& unit, const std::string& key);
  ~TileJournal();
  TileJournal(const TileJournal&) = delete;
  TileJournal& operator=(const TileJournal&) = delete;

  /// Records that were there when the journal was opened, each window once.
  const std::vector<TileRecord>& earlier() const { return earlier_; }
  void add(const TileRecord& record);

  /// Removes all journals of a stem.
  static void remove(const std::string& stem);
  /// True when some journal in this folder holds at least one record.
  static bool holds_work(const std::string& folder);

 private:
  std::string path_;
  std::vector<TileRecord> earlier_;
  int file_ = -1;
};

/// Hash of some bytes, after those that gave `before`.
std::uint64_t content_hash(std::span<const std::byte> bytes, std::uint64_t before);

}  // namespace nadir
