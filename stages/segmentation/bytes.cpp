// Texts, lists and records as bytes.
#include "stages/segmentation/bytes.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pipeline/core/random.h"

namespace nadir {
namespace {

struct PutScalar {
  ByteWriter& out;
  void operator()(bool v) const { out.put(std::uint8_t(v)); }
  void operator()(std::int64_t v) const { out.put(v); }
  void operator()(double v) const { out.put(v); }
  void operator()(const std::string& v) const { out.put(v); }
  void operator()(const std::vector<double>& v) const { out.put(v); }
  void operator()(const std::vector<std::string>& v) const { out.put(v); }
  void operator()(const std::vector<std::vector<double>>& rows) const {
    out.put(std::uint64_t(rows.size()));
    for (const auto& row : rows) out.put(row);
  }
};

Scalar take_scalar(ByteReader& in) {
  switch (in.take<std::uint8_t>()) {
    case 0: return in.take<std::uint8_t>() != 0;
    case 1: return in.take<std::int64_t>();
    case 2: return in.take<double>();
    case 3: return in.take_text();
    case 4: return in.take_list<double>();
    case 5: return in.take_texts();
    case 6: break;
    default: throw Error(Fault::data, "holds a fact of a kind that this version does not know");
  }
  std::vector<std::vector<double>> rows(in.take_count(sizeof(std::uint64_t)));
  for (auto& row : rows) row = in.take_list<double>();
  return rows;
}

}  // namespace

void ByteWriter::put(const std::string& text) {
  put(std::uint64_t(text.size()));
  bytes_ += text;
}

void ByteWriter::put(const std::vector<std::string>& texts) {
  put(std::uint64_t(texts.size()));
  for (const std::string& t : texts) put(t);
}

void ByteWriter::put(const Record& record) {
  put(std::uint64_t(record.fields().size()));
  for (const auto& [name, value] : record.fields()) {
    put(name);
    put(std::uint8_t(value.index()));
    std::visit(PutScalar{*this}, value);
  }
}

std::string_view ByteReader::take_bytes(std::size_t count) {
  if (count > left_.size()) throw Error(Fault::data, "is cut short");
  const std::string_view taken = left_.substr(0, count);
  left_.remove_prefix(count);
  return taken;
}

std::size_t ByteReader::take_count(std::size_t item_bytes) {
  const auto count = take<std::uint64_t>();
  if (count > left_.size() / item_bytes) throw Error(Fault::data, "is cut short");
  return std::size_t(count);
}

std::string ByteReader::take_text() { return std::string(take_bytes(take_count(1))); }

std::vector<std::string> ByteReader::take_texts() {
  std::vector<std::string> texts(take_count(sizeof(std::uint64_t)));
  for (std::string& t : texts) t = take_text();
  return texts;
}

Record ByteReader::take_record() {
  Record record;
  const std::size_t fields = take_count(sizeof(std::uint64_t));
  for (std::size_t i = 0; i < fields; ++i) {
    std::string name = take_text();
    record.set(std::move(name), take_scalar(*this));
  }
  return record;
}

std::string file_bytes(const std::string& path, const std::string& what) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown))
    throw Error(Fault::missing, "the " + what + " " + path + " is a folder; name the file in it");
  const auto fail = [&] {
    throw Error(Fault::io, "the " + what + " " + path + " cannot be read: " + std::strerror(errno));
  };
  std::ifstream in(path, std::ios::binary);
  if (!in && errno == ENOENT) throw Error(Fault::missing, "there is no " + what + " " + path);
  if (!in) fail();
  std::ostringstream bytes;
  errno = 0;
  bytes << in.rdbuf();
  if (!bytes && errno != 0) fail();  // an empty file gives no bytes and no error
  return std::move(bytes).str();
}

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t sum = split_mix(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    sum = split_mix(sum ^ word) + i;
  }
  return sum;
}

}  // namespace nadir
