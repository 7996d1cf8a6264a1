// GDAL handles of one file for several threads.
#pragma once

#include <condition_variable>
#include <mutex>
#include <vector>

#include "io/file_stamp.h"
#include "io/raster_layout.h"

namespace nadir {

/// A handle serves one thread at a time, so there are as many as threads read at once, up to a limit; then they wait.
class DatasetPool {
 public:
  /// Opens the first handle; throws Error where the file cannot be read.
  explicit DatasetPool(RasterChoice choice);

  class Lease {
   public:
    explicit Lease(DatasetPool& pool) : pool_(pool), dataset_(pool.take()) {}
    ~Lease() { pool_.give_back(std::move(dataset_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    GDALDataset& operator*() const { return *dataset_; }

   private:
    DatasetPool& pool_;
    DatasetPtr dataset_;
  };

  void set_limit(int handles) { limit_ = handles; }
  /// Throws Error where the file is no longer the one that was opened.
  void require_unchanged() const { stamp_.require_unchanged(); }
  const RasterChoice& choice() const { return choice_; }

 private:
  DatasetPtr take();
  void give_back(DatasetPtr dataset);
  DatasetPtr open() const;

  RasterChoice choice_;
  FileStamp stamp_;
  int limit_ = 1;
  int handles_ = 1;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<DatasetPtr> idle_;
};

}  // namespace nadir
