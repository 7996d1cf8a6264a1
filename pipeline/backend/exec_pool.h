// Places of execution that tiles use one after the other.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/backend/exec.h"

namespace nadir {

/// Lends Execs, and makes one where all are lent. Safe from many threads.
class ExecPool {
 public:
  using Make = std::function<std::unique_ptr<Exec>()>;
  explicit ExecPool(Make make) : make_(std::move(make)) {}

  /// An Exec for as long as this lives; then it is settled and goes back.
  class Loan {
   public:
    explicit Loan(ExecPool& pool) : pool_(pool), exec_(pool.take()) {}
    ~Loan() { pool_.give_back(std::move(exec_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Exec& exec() const { return *exec_; }

   private:
    ExecPool& pool_;
    std::unique_ptr<Exec> exec_;
  };

 private:
  std::unique_ptr<Exec> take();
  void give_back(std::unique_ptr<Exec> exec) noexcept;

  Make make_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Exec>> idle_;
};

}  // namespace nadir
