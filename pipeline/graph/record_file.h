// Records and values on disk, so that an interrupted run need not find them out again.
#pragma once

#include <optional>
#include <string>

#include "pipeline/core/value.h"

namespace nadir {

/// The file appears complete or not at all. `key` says what the record depends on.
void save_record(const std::string& path, const std::string& key, const Record& record);
/// Nothing when there is no file, when it was saved with another key, or when it is damaged.
std::optional<Record> load_record(const std::string& path, const std::string& key);

/// Transforms and statistics; other values are not saved, and cost their computation again.
void save_value(const std::string& path, const std::string& key, const Value& value);
std::optional<Value> load_value(const std::string& path, const std::string& key);

}  // namespace nadir
