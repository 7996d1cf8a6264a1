// Memory for pixels. Tiles come and go by the thousand; fresh memory costs the system a page fault every 4 KiB, so what
// one tile gives back the next one takes.
#pragma once

#include <cstddef>
#include <memory>

namespace nadir {

/// Uninitialised, aligned to 64 bytes. Throws std::bad_alloc.
void* take_pixel_memory(std::size_t bytes);
void give_pixel_memory(void* memory) noexcept;

/// Memory that was given back is kept for reuse while all of it together, in use or not, is at most this.
void set_pixel_memory_limit(std::size_t bytes);
/// Bytes in use now.
std::size_t pixel_memory_in_use();

struct GivePixelMemory {
  void operator()(void* memory) const noexcept { give_pixel_memory(memory); }
};
template <class T>
using PixelArray = std::unique_ptr<T[], GivePixelMemory>;

template <class T>
PixelArray<T> make_pixel_array(std::size_t count) {
  return PixelArray<T>(static_cast<T*>(take_pixel_memory(count * sizeof(T))));
}

}  // namespace nadir
