// Setting a part of an object from JSON: read, checked and noted first, then written.
//
// What a kill leaves: two slots, a sync type, and one number of at most 8 bytes: the old value or the
// new one. Otherwise the object is marked as being changed, as by a guard, while it is written.
#include <nlohmann/json.hpp>

#include "ipcarc/containers/string.hpp"
#include "ipcarc/detail/slot_copy.hpp"
#include "values/stored_object.hpp"
#include "values/value_setter.hpp"

namespace ipcarc::detail {
namespace {

/// One store, of 1, 2, 4 or 8 bytes at an offset that is a multiple of them.
bool is_one_store(const BytesToWrite& write) {
  const std::size_t bytes = write.bytes.size();
  return (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8) && write.offset % bytes == 0;
}

void store_at_once(std::byte* to, const BytesToWrite& write) {
  // seq_cst: of sync types, as an atomic's own store; elsewhere the mutex orders it.
  const auto store = [&]<class Word>(Word word) {
    std::memcpy(&word, write.bytes.data(), sizeof word);
    __atomic_store_n(reinterpret_cast<Word*>(to), word, __ATOMIC_SEQ_CST);
  };
  switch (write.bytes.size()) {
    case 1:
      return store(std::uint8_t{});
    case 2:
      return store(std::uint16_t{});
    case 4:
      return store(std::uint32_t{});
    default:
      return store(std::uint64_t{});
  }
}

class Setting {
 public:
  Setting(const StoredObject& object, std::string_view path, const nlohmann::json& json,
          Deadline deadline)
      : object_(object), path_(path), json_(json), deadline_(deadline) {}

  void run() {
    switch (object_.kind()) {
      case PayloadKind::plain:
        return set_sync();
      case PayloadKind::two_slots:
        return set_slot();
      case PayloadKind::arena:
        return set_in_place();
    }
  }

 private:
  Segment& segment() const { return object_.core().segment(); }

  ValueSetter noted(const Contents& contents, std::uint64_t offset) const {
    try {
      ValueSetter setter(contents);
      setter.set(follow_path(contents, {&object_.layout().root(), offset}, path_steps(path_)),
                 json_);
      return setter;
    } catch (const Misfit& misfit) {
      throw Error(std::make_error_code(std::errc::invalid_argument),
                  object_.about() + ": setting \"" + std::string(path_) + "\": " + misfit.what());
    } catch (const Damage& damage) {
      object_.broken(damage.what());
    }
  }

  /// A std::atomic itself: others store into it at any time, and so does this.
  void set_sync() const {
    const StoredType& root = object_.layout().root();
    const std::uint64_t offset = object_.built_at();
    MappedBytes bytes(segment(), object_.tag());
    const Contents contents(object_.layout(), bytes);
    if (root.shape == Shape::wrapper && path_.empty()) {
      const ValueSetter setter = noted(contents, offset);
      if (setter.bytes().size() == 1 && is_one_store(setter.bytes().front())) {
        store_at_once(segment().at<std::byte>(offset), setter.bytes().front());
        wake_sync(object_.handle(), true);
        return;
      }
    }
    throw Error(Errc::wrong_mode, object_.about() +
                                      ": expected an object with a guard, or a "
                                      "std::atomic of a number, found a " +
                                      root.name + ", which only its own code may change");
  }

  /// Trivially copyable: a changed copy in the other slot, then one store that turns to it.
  void set_slot() const {
    const std::uint64_t size = object_.layout().root().size;
    std::vector<std::byte> copy(size);
    StoredObject::Lock lock(object_, deadline_, false);
    object_.require_inside(object_.built_at(), 2 * object_.shape().stride);
    copy_out(copy.data(), segment().at<const std::byte>(object_.current()), size);
    CopiedBytes bytes(0, copy);
    const ValueSetter setter = noted(Contents(object_.layout(), bytes), 0);
    for (const BytesToWrite& write : setter.bytes()) {
      std::memcpy(copy.data() + write.offset, write.bytes.data(), write.bytes.size());
    }
    lock.commit_slot(copy);
  }

  void set_in_place() const {
    StoredObject::Lock lock(object_, deadline_, false);
    MappedBytes bytes(segment(), object_.tag());
    const ValueSetter setter = noted(Contents(object_.layout(), bytes), object_.current());
    const bool one_store = setter.texts().empty() && setter.bytes().size() == 1 &&
                           is_one_store(setter.bytes().front());
    if (one_store) {
      // Killed here, or behind the store: the old value or the new one, under the old version.
      store_at_once(segment().at<std::byte>(setter.bytes().front().offset), setter.bytes().front());
    } else {
      lock.begin_change();
      try {
        // First all that can fail, and changes no value.
        for (const TextToWrite& write : setter.texts()) {
          segment().at<ipcarc::string>(write.offset)->reserve(write.text.size());
        }
      } catch (...) {
        lock.cancel_change();
        throw;
      }
      for (const TextToWrite& write : setter.texts()) {
        segment().at<ipcarc::string>(write.offset)->assign(write.text);
      }
      for (const BytesToWrite& write : setter.bytes()) {
        std::memcpy(segment().at<std::byte>(write.offset), write.bytes.data(), write.bytes.size());
      }
    }
    lock.commit();
  }

  const StoredObject& object_;
  std::string_view path_;
  const nlohmann::json& json_;
  Deadline deadline_;
};

}  // namespace

void set_json(CoreView& view, std::string_view name, std::string_view path, std::string_view json,
              std::chrono::nanoseconds timeout) {
  const StoredObject object(view, name);
  const auto value = nlohmann::json::parse(json.begin(), json.end(), nullptr, false);
  if (value.is_discarded()) {
    throw Error(
        std::make_error_code(std::errc::invalid_argument),
        object.about() + ": expected JSON, found \"" + std::string(json.substr(0, 100)) + '"');
  }
  if (object.frozen()) {
    throw Error(Errc::wrong_mode,
                object.about() + ": expected " + mode_name(false) + ", found " + mode_name(true));
  }
  Setting(object, path, value, deadline_after(timeout)).run();
}

}  // namespace ipcarc::detail
