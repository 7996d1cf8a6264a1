// Reading and appending records of 64 bytes.
#include "pipeline/files/tile_journal.h"

#include <fcntl.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include "pipeline/core/error.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEnding = ".journal";

struct Header {
  std::array<char, 24> magic{"nadir tile journal 1"};
  std::uint64_t key = 0;
  friend bool operator==(const Header&, const Header&) = default;
};

struct Entry {
  TileRecord record;
  std::uint64_t checksum = 0;
};
static_assert(sizeof(Entry) == 64, "records have no padding, so that their bytes can be hashed");

std::uint64_t checksum_of(const Entry& entry) { return XXH3_64bits(&entry.record, sizeof entry.record); }

Header header_for(const std::string& key) {
  Header header;
  header.key = XXH3_64bits(key.data(), key.size());
  return header;
}

struct Content {
  std::vector<TileRecord> records;
  std::size_t good_bytes = 0;  // 0: the header is another one
};

Content read_journal(const fs::path& path, const Header& expected) {
  Content content;
  std::ifstream file(path, std::ios::binary);
  Header header;
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header) || header != expected) return content;
  content.good_bytes = sizeof header;
  for (Entry entry; file.read(reinterpret_cast<char*>(&entry), sizeof entry) && entry.checksum == checksum_of(entry);) {
    content.records.push_back(entry.record);
    content.good_bytes += sizeof entry;
  }
  return content;
}

std::vector<fs::path> journals_of(const std::string& stem) {
  const fs::path first(stem + kEnding);
  std::vector<fs::path> journals;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(first.parent_path(), none)) {
    const std::string name = entry.path().filename().string();
    const std::string wanted = first.filename().string();
    if (name == wanted || name.starts_with(wanted + ".")) journals.push_back(entry.path());
  }
  std::sort(journals.begin(), journals.end());
  return journals;
}

}  // namespace

TileJournal::TileJournal(const std::string& stem, const std::string& unit, const std::string& key)
    : path_(stem + kEnding + (unit.empty() ? "" : "." + unit)) {
  const Header header = header_for(key);
  std::set<std::tuple<int, int, int, int>> seen;
  std::size_t own_bytes = 0;
  for (const fs::path& journal : journals_of(stem)) {
    const Content content = read_journal(journal, header);
    if (journal == fs::path(path_)) own_bytes = content.good_bytes;
    for (const TileRecord& r : content.records)
      if (seen.insert({r.window.x, r.window.y, r.window.width, r.window.height}).second) earlier_.push_back(r);
  }
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  const bool ready = file_ >= 0 && ::ftruncate(file_, off_t(own_bytes)) == 0 &&
                     (own_bytes > 0 || ::write(file_, &header, sizeof header) == ssize_t(sizeof header));
  if (!ready) throw Error(Fault::io, path_ + ": cannot be written: " + std::strerror(errno));
}

TileJournal::~TileJournal() { ::close(file_); }

void TileJournal::add(const TileRecord& record) {
  Entry entry{record, 0};
  entry.checksum = checksum_of(entry);
  ssize_t written = 0;
  do written = ::write(file_, &entry, sizeof entry);
  while (written < 0 && errno == EINTR);
  if (written != ssize_t(sizeof entry))
    throw Error(Fault::io, path_ + ": writing failed (is the disk full?): " + std::strerror(errno));
}

void TileJournal::remove(const std::string& stem) {
  std::error_code ignored;
  for (const fs::path& journal : journals_of(stem)) fs::remove(journal, ignored);
}

bool TileJournal::holds_work(const std::string& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().filename().string().find(kEnding) != std::string::npos &&
        entry.file_size(failed) >= sizeof(Header) + sizeof(Entry))
      return true;
  return false;
}

std::uint64_t content_hash(std::span<const std::byte> bytes, std::uint64_t before) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), before);
}

}  // namespace nadir
