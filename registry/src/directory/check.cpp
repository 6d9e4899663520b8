#include "directory/check.hpp"

#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <boost/version.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "participants/robust_lock.hpp"
#include "segment/birth.hpp"
#include "segment/registry_file.hpp"

namespace ipcarc::detail {
namespace {

std::string hex(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%#018llx", static_cast<unsigned long long>(value));
  return text;
}

// Says what is wrong with a header. The geometry by which the rest can be
// looked at; none if there is no rest to be understood.
std::optional<Geometry> check_header_bytes(const Header& header, std::uint64_t file_bytes,
                                           Findings& findings) {
  if (file_bytes < header_bytes) {
    findings.error("header: the file has " + std::to_string(file_bytes) + " bytes");
    return std::nullopt;
  }
  if (header.magic != segment_magic) {
    findings.error("header: magic number " + hex(header.magic) + ", expected " +
                   hex(segment_magic));
    return std::nullopt;
  }
  if (header.version != layout_version) {
    findings.error("header: layout version " + std::to_string(header.version) +
                   ", this library knows " + std::to_string(layout_version));
    return std::nullopt;
  }
  if (const std::uint64_t sum = header_checksum(header); header.checksum != sum) {
    findings.error("header: checksum " + hex(header.checksum) + " of bytes whose sum is " +
                   hex(sum));
  }
  if (header.boost_version != BOOST_VERSION) {
    findings.error("header: containers of Boost " + std::to_string(header.boost_version) +
                   ", this library has those of " + std::to_string(BOOST_VERSION));
  }
  const Geometry& claimed = header.geometry;
  if (!usable_size(claimed.file_bytes, header.max_objects)) {
    findings.error("header: no segment has " + std::to_string(claimed.file_bytes) + " bytes for " +
                   std::to_string(header.max_objects) + " objects");
    return std::nullopt;
  }
  const Geometry geometry = compute_geometry(claimed.file_bytes, header.max_objects);
  if (!(geometry == claimed)) {
    findings.error("header: the tables are not where those of " +
                   std::to_string(claimed.file_bytes) + " bytes for " +
                   std::to_string(header.max_objects) + " objects are");
  }
  if (file_bytes < geometry.file_bytes) {
    findings.error("file: cut short, " + std::to_string(file_bytes) + " bytes of " +
                   std::to_string(geometry.file_bytes));
  }
  return geometry;
}

bool thread_is_gone(unsigned thread) {
  return ::syscall(SYS_tkill, thread, 0) != 0 && errno == ESRCH;
}

void walk_segment(const SegmentReader& reader, std::uint32_t own_slot, Findings& findings) {
  const Standings standings(reader, own_slot);
  DirectoryCheck(reader, standings, findings).run();
}

}  // namespace

void check_segment(const SegmentReader& reader, std::uint32_t own_slot, CheckReport& report,
                   const CheckProgress& progress) {
  Findings findings(report, progress, true);
  Header header;
  reader.read(0, static_cast<void*>(&header), sizeof header);
  check_header_bytes(header, reader.file_bytes(), findings);
  walk_segment(reader, own_slot, findings);
}

CheckReport check_file(std::string_view name, const std::string& directory,
                       const CheckProgress& progress) {
  const RegistryPath path = locate(name, directory);
  const Descriptor file = open_to_look(path);
  CheckReport report;
  Header header{};
  const SegmentReader bytes(file.get(), Geometry{});
  bytes.read(0, static_cast<void*>(&header), sizeof header);
  std::optional<Geometry> geometry;
  {
    Findings findings(report, progress, false);
    geometry = check_header_bytes(header, bytes.file_bytes(), findings);
  }
  if (geometry) {
    const SegmentReader reader(file.get(), *geometry);
    const bool changing = Standings(reader, max_participants).anyone_alive();
    Findings findings(report, progress, changing);
    walk_segment(reader, max_participants, findings);
  }
  return report;
}

DirectoryCheck::DirectoryCheck(const SegmentReader& reader, const Standings& standings,
                               Findings& findings)
    : reader_(reader),
      geometry_(reader.geometry()),
      standings_(standings),
      findings_(findings),
      heap_(reader, standings, findings) {
  struct stat here {};
  same_pid_namespace_ = ::stat("/proc/self/ns/pid", &here) == 0 &&
                        here.st_ino == reader.at<std::uint64_t>(offsetof(Header, pid_namespace));
}

void DirectoryCheck::run() {
  const std::uint64_t birth_steps = geometry_.committed_at_birth >> geometry_.commit_shift;
  if (!reader_.committed(0, birth_steps << geometry_.commit_shift)) {
    findings_.error("commit map: the tables of the newborn are not committed");
  }
  participants();
  locks();
  types();
  collect();
  chains();
  entries();
  heap_.run([this](const BlockAt& block) {
    if (++strays_ <= most_strays) {
      doubtful_[block.owner - 1].push_back(block.start);
    }
  });
  regions();
}

void DirectoryCheck::participants() {
  standing_.assign(max_participants, Standing::nobody);
  for (std::uint32_t slot = 0; slot < max_participants; ++slot) {
    findings_.settle(2, [&](Look& look) {
      const std::uint64_t at = geometry_.participants + slot * sizeof(Participant);
      const auto state = reader_.at<std::uint64_t>(at);
      const std::string who = "participant " + std::to_string(slot);
      if ((state & 0xFFFFFFFFU & ~Participant::active_bit) != 0) {
        look.error(who + ": no such state " + std::to_string(state));
      }
      standing_[slot] = standings_.of(slot);
      if (standing_[slot] == Standing::dead) {
        look.leftover(who + " (pid " +
                      std::to_string(reader_.at<std::uint32_t>(at + offsetof(Participant, pid))) +
                      "): dead");
      }
      return reader_.at<std::uint64_t>(at) == state;
    });
  }
}

Severity DirectoryCheck::of_the_lock(std::uint32_t owner) const noexcept {
  return owner != 0 && standings_.of(owner - 1) == Standing::alive ? Severity::unsettled
                                                                   : Severity::leftover;
}

void DirectoryCheck::locks() {
  const auto check = [this](const std::string& name, std::uint64_t offset) {
    findings_.settle(3, [&](Look& look) {
      look_at_lock(name, offset, look);
      return true;
    });
  };
  check("the run mutex", offsetof(Header, heap) + offsetof(HeapHeader, run_mutex));
  check("the types mutex", offsetof(Header, types_mutex));
  for (std::uint32_t shard = 0; shard < geometry_.shard_count; ++shard) {
    check("the lock of shard " + std::to_string(shard), shard_at(shard));
  }
}

void DirectoryCheck::look_at_lock(const std::string& name, std::uint64_t offset, Look& look) const {
  RobustMutex mutex;
  reader_.read(offset, static_cast<void*>(&mutex), sizeof mutex);
  if (mutex.mutex.__data.__kind != robust_kind) {
    look.error(name + ": of kind " + std::to_string(mutex.mutex.__data.__kind) +
               ", which is no robust mutex's");
    return;
  }
  if (mutex.mutex.__data.__owner == given_up_owner) {
    look.error(name + ": given up, nobody can lock it any more");
  }
  const auto word = static_cast<unsigned>(mutex.mutex.__data.__lock);
  const unsigned thread = word & FUTEX_TID_MASK;
  const std::uint32_t owner = mutex.owner.load(std::memory_order_relaxed);
  if (thread != 0 && (word & FUTEX_OWNER_DIED) == 0 && same_pid_namespace_ &&
      thread_is_gone(thread)) {
    look.leftover(name + ": locked by thread " + std::to_string(thread) + ", which is gone");
  } else if (owner != 0) {
    switch (standings_.of(owner - 1)) {
      case Standing::alive:
        break;
      case Standing::dead:
        look.leftover(name + ": its owner, participant " + std::to_string(owner - 1) + ", is dead");
        break;
      case Standing::nobody:
        look.error(name + ": owned by participant " + std::to_string(owner - 1) +
                   ", which there is not");
    }
  }
}

void DirectoryCheck::types() {
  findings_.settle(1, [this](Look& look) { return look_at_types(look); });
}

bool DirectoryCheck::look_at_types(Look& look) {
  const auto used = reader_.at<std::uint64_t>(offsetof(Header, types_used));
  if (used > geometry_.types_bytes || !reader_.committed(geometry_.types, used)) {
    look.error("type log: " + std::to_string(used) + " bytes used, of " +
               std::to_string(geometry_.types_bytes));
    return true;
  }
  std::vector<char> log(used);
  reader_.read(geometry_.types, log.data(), used);
  types_.clear();
  std::map<std::uint64_t, std::uint64_t> fingerprints;
  for (std::uint64_t at = 0; at < used;) {
    const std::string record_name = "type log: the record at byte " + std::to_string(at);
    TypeRecord record;
    if (used - at < sizeof record) {
      look.error(record_name + " has no end");
      return true;
    }
    std::memcpy(&record, log.data() + at, sizeof record);
    if (record.layout_bytes > used - at - sizeof record) {
      look.error(record_name + " has a layout of " + std::to_string(record.layout_bytes) +
                 " bytes");
      return true;
    }
    const char* const text = log.data() + at + sizeof record;
    if (!std::has_single_bit(record.alignment) ||
        !nlohmann::json::accept(text, text + record.layout_bytes)) {
      look.error(record_name + " is not a type's");
    }
    if (!fingerprints.emplace(record.fingerprint, at).second) {
      look.error(record_name + " has the fingerprint of another");
    }
    types_.emplace(static_cast<std::uint32_t>(at / 8 + 1),
                   TypeSeen{record.fingerprint, record.size});
    at += (sizeof record + record.layout_bytes + 7) / 8 * 8;
  }
  return true;
}

}  // namespace ipcarc::detail
