// Patterns by key.
#include "io/pattern_store.h"

#include <map>
#include <mutex>

#include "io/cog_describe.h"

namespace nadir {
namespace {

// Items with their lengths, so that no two lists give one text.
class Key {
 public:
  void add(const std::string& item) { text_ += std::to_string(item.size()) + ":" + item; }
  void add(double number) { text_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string pattern_key(const ImageInfo& info, const Encoding& encoding, const std::string& storage) {
  Key key;
  key.add(storage);
  key.add(info.grid.width);
  key.add(info.grid.height);
  key.add(is_located(info.grid));
  key.add(info.grid.crs_wkt);
  key.add(double(encoding.type));
  key.add(encoding.nodata ? 1 : 0);
  key.add(encoding.nodata.value_or(0));
  for (const BandInfo& band : info.bands) {
    key.add(band.name);
    key.add(band.scale);
    key.add(band.offset);
    key.add(band.colour);
  }
  for (const auto& [name, value] : info.metadata) {
    key.add(name);
    key.add(value);
  }
  for (const ClassInfo& c : info.classes) {
    key.add(c.id);
    key.add(c.name);
  }
  return key.text();
}

std::shared_ptr<const TiffPattern> pattern_like(const std::string& key, const std::function<DatasetPtr()>& make) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const TiffPattern>> known;
  const std::scoped_lock lock(mutex);
  if (const auto it = known.find(key); it != known.end()) return it->second;
  std::shared_ptr<const TiffPattern> pattern;
  if (const DatasetPtr file = make())
    if (auto found = TiffPattern::of(*file)) pattern = std::make_shared<const TiffPattern>(std::move(*found));
  const std::size_t plenty = 256;  // scenes that say something of their own each
  if (known.size() >= plenty) known.clear();
  return known[key] = pattern;
}

}  // namespace nadir
