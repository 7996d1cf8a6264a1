// The patterns of small files that were described already.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/encode.h"
#include "io/gdal_handle.h"
#include "io/tiff_pattern.h"

namespace nadir {

/// All that decides about the tags of a file, but where it lies: equal keys, equal tags. `storage` says how pixels are
/// stored.
std::string pattern_key(const ImageInfo& info, const Encoding& encoding, const std::string& storage);

/// The pattern with this key; the first time, that of the file that `make` gives. Null where it has none. Safe from
/// many threads.
std::shared_ptr<const TiffPattern> pattern_like(const std::string& key, const std::function<DatasetPtr()>& make);

}  // namespace nadir
