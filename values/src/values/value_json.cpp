// Values of an attached registry as JSON.
#include <atomic>

#include "directory/find.hpp"
#include "ipcarc/detail/slot_copy.hpp"
#include "values/stored_object.hpp"
#include "values/value_writer.hpp"

namespace ipcarc::detail {
namespace {

/// A copy of a value that others change by atomic stores, without a lock: in words, so that none of them is torn.
std::vector<std::byte> copy_words(const std::byte* from, std::uint64_t bytes) {
  std::vector<std::byte> copy(bytes);
  std::uint64_t i = 0;
  for (; i + sizeof(std::uint64_t) <= bytes; i += sizeof(std::uint64_t)) {
    // relaxed: each word by itself; how words of a sync type belong together only the type knows.
    const std::uint64_t word =
        __atomic_load_n(reinterpret_cast<const std::uint64_t*>(from + i), __ATOMIC_RELAXED);
    std::memcpy(copy.data() + i, &word, sizeof word);
  }
  for (const std::uint64_t step : {4U, 2U, 1U}) {
    if (bytes - i >= step) {
      std::uint32_t part = 0;
      if (step == 4) {
        part = __atomic_load_n(reinterpret_cast<const std::uint32_t*>(from + i), __ATOMIC_RELAXED);
      } else if (step == 2) {
        part = __atomic_load_n(reinterpret_cast<const std::uint16_t*>(from + i), __ATOMIC_RELAXED);
      } else {
        part = __atomic_load_n(reinterpret_cast<const std::uint8_t*>(from + i), __ATOMIC_RELAXED);
      }
      std::memcpy(copy.data() + i, &part, step);
      i += step;
    }
  }
  return copy;
}

class Reading {
 public:
  Reading(const StoredObject& object, const JsonOptions& options)
      : object_(object), options_(options) {}

  std::string text() {
    switch (object_.kind()) {
      case PayloadKind::plain:
        return object_.frozen() ? mapped(object_.built_at()) : copied(words(object_.built_at()));
      case PayloadKind::two_slots:
        return copied(load());
      case PayloadKind::arena:
        break;
    }
    if (object_.frozen()) {
      return mapped(object_.built_at());
    }
    const StoredObject::Lock lock = locked();
    return mapped(object_.current());
  }

 private:
  StoredObject::Lock locked() const {
    return StoredObject::Lock(object_, deadline_after(options_.timeout), options_.damaged_too);
  }

  std::string mapped(std::uint64_t offset) const {
    MappedBytes bytes(object_.core().segment(), object_.tag());
    return written(bytes, offset);
  }
  std::string copied(std::vector<std::byte> value) const {
    CopiedBytes bytes(0, std::move(value));
    return written(bytes, 0);
  }
  std::string written(ObjectBytes& bytes, std::uint64_t offset) const {
    const std::string about = object_.about();
    ValueWriter writer(about, object_.layout(), bytes, options_,
                       [this](const LinkWords& link) { return object_.name_of(link); });
    try {
      return writer.write(offset);
    } catch (const Damage& damage) {
      object_.broken(damage.what());
    }
  }

  std::vector<std::byte> words(std::uint64_t offset) const {
    object_.require_inside(offset, object_.layout().root().size);
    return copy_words(object_.core().segment().at<const std::byte>(offset),
                      object_.layout().root().size);
  }

  /// As IpcArc::load(): without the lock, but after three tries.
  std::vector<std::byte> load() const {
    const std::uint64_t bytes = object_.layout().root().size;
    const std::uint64_t stride = slot_stride(bytes);
    const std::uint64_t first = object_.built_at();
    object_.require_inside(first, 2 * stride);
    std::vector<std::byte> copy(bytes);
    const auto* slots = object_.core().segment().at<const std::byte>(first);
    for (int attempt = 0; attempt < 3; ++attempt) {
      const Version before = begin_load(object_.entry());
      copy_out(copy.data(), slots + before.slot() * stride, bytes);
      if (end_load(object_.entry(), before)) {
        return copy;
      }
    }
    const StoredObject::Lock lock = locked();
    copy_out(copy.data(), object_.core().segment().at<const std::byte>(object_.current()), bytes);
    return copy;
  }

  const StoredObject& object_;
  const JsonOptions& options_;
};

}  // namespace

std::string value_json(const CoreView& view, std::string_view name, const JsonOptions& options) {
  const StoredObject object(const_cast<CoreView&>(view), name);  // looking changes no value
  return Reading(object, options).text();
}

}  // namespace ipcarc::detail
