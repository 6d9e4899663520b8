#include "directory/type_log.hpp"

#include <cstring>

#include "participants/robust_lock.hpp"

namespace ipcarc::detail {
namespace {

std::uint64_t record_bytes(std::uint64_t layout_bytes) {
  return (sizeof(TypeRecord) + layout_bytes + 7) / 8 * 8;
}

std::uint32_t reference(std::uint64_t offset) {
  return static_cast<std::uint32_t>(offset / 8 + 1);
}

}  // namespace

TypeLog::TypeLog(Attachment& attachment)
    : attachment_(attachment), segment_(attachment.segment()) {}

std::uint64_t TypeLog::used() const noexcept {
  // acquire: pairs with the release in intern(); the records below it are whole.
  const std::uint64_t used = segment_.header().types_used.load(std::memory_order_acquire);
  const std::uint64_t limit = segment_.geometry().types_bytes;
  return used <= limit && segment_.committed(segment_.geometry().types, used) ? used : 0;
}

const TypeRecord* TypeLog::record_at(std::uint64_t offset, std::uint64_t end) const noexcept {
  if (offset % 8 != 0 || offset > end || end - offset < sizeof(TypeRecord)) {
    return nullptr;
  }
  const auto* record = segment_.at<const TypeRecord>(segment_.geometry().types + offset);
  return record->layout_bytes <= end - offset - sizeof(TypeRecord) ? record : nullptr;
}

std::uint32_t TypeLog::find(std::uint64_t fingerprint, std::uint64_t end) const noexcept {
  for (std::uint64_t at = 0; at < end;) {
    const TypeRecord* record = record_at(at, end);
    if (record == nullptr) {
      return 0;
    }
    if (record->fingerprint == fingerprint) {
      return reference(at);
    }
    at += record_bytes(record->layout_bytes);
  }
  return 0;
}

void TypeLog::remember(std::uint64_t fingerprint, std::uint32_t type) noexcept {
  for (std::size_t probe = 0; probe < most_probes; ++probe) {
    Known& known = known_[(fingerprint + probe) % known_.size()];
    std::uint32_t nobody = 0;
    // relaxed: who has the place alone writes the fingerprint. A child forked between the two has a place less.
    if (known.type.compare_exchange_strong(nobody, type, std::memory_order_relaxed)) {
      // release: pairs with the acquire in known().
      known.fingerprint.store(fingerprint, std::memory_order_release);
      return;
    }
  }
}

std::uint32_t TypeLog::intern(std::uint64_t fingerprint, std::uint64_t size,
                              std::uint32_t alignment, std::string_view layout) {
  if (const std::uint32_t type = known(fingerprint); type != 0) {
    return type;
  }
  std::uint32_t type = find(fingerprint, used());
  if (type == 0) {
    RobustGuard guard(segment_.header().types_mutex, attachment_);
    if (guard.owner_died()) {
      guard.mended();  // an append is one store: whole or absent
    }
    const std::uint64_t end = used();
    type = find(fingerprint, end);
    if (type == 0) {
      const std::uint64_t bytes = record_bytes(layout.size());
      if (bytes > segment_.geometry().types_bytes - end) {
        throw Error(
            Errc::out_of_memory,
            "registry \"" + segment_.registry_name() + "\": no room for another type's layout (" +
                std::to_string(bytes) + " bytes wanted, " +
                std::to_string(segment_.geometry().types_bytes - end) + " left)",
            "destroy() the registry and create it anew with a larger Options::capacity_bytes");
      }
      const std::uint64_t offset = segment_.geometry().types + end;
      segment_.commit(offset, bytes);
      auto* record = segment_.at<TypeRecord>(offset);
      *record = TypeRecord{fingerprint, size, alignment, static_cast<std::uint32_t>(layout.size())};
      std::memcpy(record + 1, layout.data(), layout.size());
      // release: pairs with used(). Killed before it: the record is not there, and the next append writes over it.
      segment_.header().types_used.store(end + bytes, std::memory_order_release);
      type = reference(end);
    }
  }
  remember(fingerprint, type);
  return type;
}

std::string_view TypeLog::layout(std::uint32_t type) const noexcept {
  if (type == 0) {
    return {};
  }
  const TypeRecord* record = record_at((std::uint64_t{type} - 1) * 8, used());
  return record == nullptr
             ? std::string_view{}
             : std::string_view(reinterpret_cast<const char*>(record + 1), record->layout_bytes);
}

std::uint64_t TypeLog::count() const noexcept {
  std::uint64_t records = 0;
  const std::uint64_t end = used();
  for (std::uint64_t at = 0; at < end; ++records) {
    const TypeRecord* record = record_at(at, end);
    if (record == nullptr) {
      break;
    }
    at += record_bytes(record->layout_bytes);
  }
  return records;
}

}  // namespace ipcarc::detail
