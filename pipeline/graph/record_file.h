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

/// A model's bytes, for this run to go on with and for others to use. The file appears complete or not at all, also
/// when several processes write it.
void save_model(const std::string& path, const std::string& bytes);
std::string load_model(const std::string& path);

/// Transforms and statistics; models are kept as files of their own.
void save_value(const std::string& path, const std::string& key, const Value& value);
std::optional<Value> load_value(const std::string& path, const std::string& key);

}  // namespace nadir
