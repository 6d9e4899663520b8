// A registry made of the file that another was dumped to: in a file without a name, until it was checked as any other.
//
// The file's checksum says that it is as it was written, not by whom: so each place in it is compared with the geometry before anything is
// written there, no block is given twice, and what is then in the segment has to stand the check of all invariants.
#include <sys/random.h>

#include <cstring>

#include <fmt/format.h>
#include <boost/version.hpp>

#include "directory/check.hpp"
#include "directory/image.hpp"
#include "directory/name_key.hpp"
#include "heap/page_table.hpp"
#include "ipcarc/detail/core_calls.hpp"
#include "participants/attachment.hpp"
#include "participants/robust_lock.hpp"
#include "segment/birth.hpp"
#include "segment/image_file.hpp"
#include "segment/system_retry.hpp"

namespace ipcarc::detail {
namespace {

// Nobody else sees the segment before it has a name.
constexpr auto relaxed = std::memory_order_relaxed;

ImageHead read_head(ImageReader& image) {
  const auto head = image.get<ImageHead>();
  const auto require = [&](const char* what, std::uint64_t expected, std::uint64_t found) {
    if (expected != found) {
      image.incompatible(
          fmt::format("expected {} {}, found {}: it was dumped by another version of ipcarc, or on "
                      "another kind of machine",
                      what, expected, found));
    }
  };
  require("format", image_version, head.version);
  require("segment layout", layout_version, head.layout_version);
  require("BOOST_VERSION", BOOST_VERSION, head.boost_version);
  require("machine", image_machine(), head.machine);
  const Geometry& g = head.geometry;
  if (!usable_size(g.file_bytes, g.max_objects) ||
      compute_geometry(g.file_bytes, g.max_objects) != g) {
    image.incompatible("its segment's geometry is not what this version of ipcarc makes");
  }
  if (head.types_bytes > g.types_bytes || head.page_limit > g.page_count ||
      head.entries > g.max_objects || head.objects > head.entries ||
      head.name_bytes > max_name_bytes || head.generations > head.entries) {
    image.damaged("its head counts more than its segment has");
  }
  return head;
}

class Load {
 public:
  Load(ImageReader& image, const ImageHead& head, Segment& segment)
      : image_(image), head_(head), segment_(segment), classes_(class_for(page_bytes() / 2) + 1) {}

  void run();

 private:
  std::uint32_t page_bytes() const {
    return static_cast<std::uint32_t>(head_.geometry.page_bytes());
  }
  void keep_mark();
  void commit_tables();
  void read_types();
  void read_generations();
  void read_object();
  void write_name(Entry& e, std::uint32_t index, const std::string& name);
  void read_chunk(std::uint32_t index);
  std::uint64_t place_block(PageWord word, const ImageChunk& chunk, std::uint32_t owner);
  std::uint64_t place_run(PageWord word, std::uint32_t page, std::uint32_t owner);
  void write_free_map();

  ImageReader& image_;
  const ImageHead& head_;
  Segment& segment_;
  unsigned classes_;
};

// Links bear the mark that follows from the birth id, so a new id that gives the same is drawn.
void Load::keep_mark() {
  Header& header = segment_.header();
  const auto half = static_cast<std::uint32_t>(header.birth_id >> 32);
  const auto folded = static_cast<std::uint32_t>(head_.birth_id ^ head_.birth_id >> 32);
  header.birth_id = std::uint64_t{half} << 32 | (half ^ folded);
  header.checksum = header_checksum(header);
}

void Load::commit_tables() {
  const Geometry& g = head_.geometry;
  segment_.commit(g.types, head_.types_bytes);
  segment_.commit(g.entries, std::uint64_t{head_.entries} * sizeof(Entry));
  segment_.commit(g.links, Geometry::links_bytes(head_.entries));
  segment_.commit(g.page_table, std::uint64_t{head_.page_limit} * sizeof(Page));
  segment_.commit(g.free_map, (std::uint64_t{head_.page_limit} + 63) / 64 * 8);
  segment_.header().entries_committed.store(head_.entries, relaxed);
  segment_.header().entries_fresh.store(head_.entries, relaxed);
  segment_.header().heap.page_limit.store(head_.page_limit, relaxed);
}

void Load::read_types() {
  image_.read(segment_.at<std::byte>(head_.geometry.types), head_.types_bytes);
  segment_.header().types_used.store(head_.types_bytes, relaxed);
}

void Load::read_generations() {
  for (std::uint32_t i = 0; i < head_.generations; ++i) {
    const auto one = image_.get<ImageGeneration>();
    if (one.index >= head_.entries) {
      image_.damaged("a generation is of an entry that there is not");
    }
    segment_.entries()[one.index].state.store(State::make(one.generation, Phase::free).word,
                                              relaxed);
  }
}

void Load::write_name(Entry& e, std::uint32_t index, const std::string& name) {
  const NameKey key(name);
  if (name.size() > inline_name_bytes) {
    const std::uint64_t tail = head_.geometry.name_tails + name_tail_bytes * std::uint64_t{index};
    segment_.commit(tail, name_tail_bytes);
    std::memcpy(segment_.at<std::byte>(tail), name.data(), name.size());
  }
  for (std::size_t i = 0; i < key.words.size(); ++i) {
    e.name[i].store(key.words[i], relaxed);
  }
  e.hash.store(key.hash, relaxed);
  std::atomic<std::uint32_t>& bucket =
      segment_.buckets()[key.hash & (head_.geometry.bucket_count - 1)];
  segment_.links()[Geometry::link_place(index)].store(bucket.load(relaxed), relaxed);
  bucket.store(head_.geometry.link_to(index, key.hash), relaxed);
}

void Load::read_object() {
  const auto object = image_.get<ImageObject>();
  const State state{object.state};
  if (object.index >= head_.entries || object.name_bytes == 0 ||
      object.name_bytes > max_name_bytes ||
      object.kind > static_cast<std::uint32_t>(PayloadKind::arena) ||
      state.phase() != Phase::live) {
    image_.damaged("an object's words cannot be");
  }
  Entry& e = segment_.entries()[object.index];
  if (State{e.state.load(relaxed)}.phase() != Phase::free) {
    image_.damaged("two objects have one entry");
  }
  std::string name(object.name_bytes, '\0');
  image_.read(name.data(), name.size());
  const Version version = Version{object.version}.owned_by(0);
  init_robust(e.mutex);
  e.version.store(version.word, relaxed);
  e.payload.store(object.payload, relaxed);
  const unsigned first = image_root(object.kind, object.payload_offset, version);
  e.root[first].store(object.root[0], relaxed);
  e.root[1 - first].store(object.root[1], relaxed);
  e.payload_bytes.store(object.payload_bytes, relaxed);
  e.payload_offset.store(object.payload_offset, relaxed);
  e.fingerprint.store(object.fingerprint, relaxed);
  e.type.store(object.type, relaxed);
  e.created_s.store(object.created_s, relaxed);
  e.creator_pid.store(object.creator_pid, relaxed);
  e.kind.store(object.kind, relaxed);
  e.state.store(State::make(state.generation(), Phase::live,
                            State::pinned_bit | (state.frozen() ? State::frozen_bit : 0))
                    .word,
                relaxed);
  write_name(e, object.index, name);
  for (std::uint64_t i = 0; i < object.chunks; ++i) {
    read_chunk(object.index);
  }
}

// The memory of a block on a small page.
std::uint64_t Load::place_block(PageWord word, const ImageChunk& chunk, std::uint32_t owner) {
  const Geometry& g = head_.geometry;
  const unsigned size_class = word.size_class();
  if (size_class >= classes_ || word != PageWord::small(size_class, 0) ||
      chunk.index >= block_index(size_class, page_bytes())) {
    image_.damaged("a block is of no class");
  }
  Page& page = segment_.pages()[chunk.page];
  const PageWord before{page.word.load(relaxed)};
  if (before.word == 0) {
    segment_.commit(g.page_offset(chunk.page), g.page_bytes());
    segment_.commit(g.tags + std::uint64_t{chunk.page} * g.tags_per_page() * sizeof(std::uint32_t),
                    g.tags_per_page() * sizeof(std::uint32_t));
    page.word.store(word.word, relaxed);
    page.maybe_free.store(1, relaxed);
  } else if (before != word) {
    image_.damaged("a page has blocks of two classes");
  }
  auto* const tags = segment_.at<std::atomic<std::uint32_t>>(g.tags) +
                     std::uint64_t{chunk.page} * g.tags_per_page();
  if (tags[chunk.index].exchange(owner, relaxed) != 0) {
    image_.damaged("two objects have one block");
  }
  return g.page_offset(chunk.page) + std::uint64_t{chunk.index} * class_sizes[size_class].bytes;
}

// The memory of a run of pages.
std::uint64_t Load::place_run(PageWord word, std::uint32_t page, std::uint32_t owner) {
  const Geometry& g = head_.geometry;
  if (word != PageWord::run(word.pages(), owner) || word.pages() == 0 ||
      word.pages() > head_.page_limit - page) {
    image_.damaged("a run of pages cannot be");
  }
  segment_.commit(g.page_offset(page), std::uint64_t{word.pages()} << g.page_shift);
  for (std::uint32_t i = 0; i < word.pages(); ++i) {
    const PageWord one = i == 0 ? word : PageWord::tail(i);
    if (segment_.pages()[page + i].word.exchange(one.word, relaxed) != 0) {
      image_.damaged("two objects have one page");
    }
  }
  return g.page_offset(page);
}

void Load::read_chunk(std::uint32_t index) {
  const auto chunk = image_.get<ImageChunk>();
  const PageWord word{chunk.word};
  if (chunk.page >= head_.page_limit) {
    image_.damaged("a block lies behind the heap");
  }
  if (word.kind() == PageKind::small) {
    const std::uint64_t offset = place_block(word, chunk, index + 1);
    image_.read(segment_.at<std::byte>(offset), class_sizes[word.size_class()].bytes);
  } else {
    const std::uint64_t offset = place_run(word, chunk.page, index + 1);
    image_.read(segment_.at<std::byte>(offset),
                std::uint64_t{word.pages()} << head_.geometry.page_shift);
  }
}

void Load::write_free_map() {
  auto* const map = segment_.at<std::atomic<std::uint64_t>>(head_.geometry.free_map);
  for (std::uint32_t page = 0; page < head_.page_limit; ++page) {
    if (segment_.pages()[page].word.load(relaxed) == 0) {
      map[page / 64].fetch_or(std::uint64_t{1} << (page % 64), relaxed);
    }
  }
}

void Load::run() {
  keep_mark();
  commit_tables();
  read_types();
  read_generations();
  for (std::uint32_t i = 0; i < head_.objects; ++i) {
    read_object();
  }
  if (image_.left() != 0) {
    image_.damaged("there is more in it than it says");
  }
  write_free_map();
}

void require_sound(const ImageReader& image, int fd, const Geometry& geometry) {
  CheckReport report;
  check_segment(SegmentReader(fd, geometry), max_participants, report, {});
  if (!report.ok()) {
    image.damaged("the registry in it is damaged: " + report.errors.front());
  }
}

}  // namespace

ImageReport load_registry(std::string_view name, const std::string& file, bool replace,
                          const Options& options) {
  const NoCancel no_cancel;
  const RegistryPath path = locate(name, options.directory);
  ImageReader image(file, image_magic);
  const ImageHead head = read_head(image);
  std::string old_name(head.name_bytes, '\0');
  image.read(old_name.data(), old_name.size());

  Options same = options;
  same.capacity_bytes = head.geometry.file_bytes;
  same.max_objects = head.geometry.max_objects;
  UnnamedFile born = make_unnamed_file(path, same);
  Segment segment(path.name, path.file, born.file.release(), born.geometry, options.huge_pages);
  furnish(segment, path);
  Attachment::init_mutexes(segment);
  Load(image, head, segment).run();
  require_sound(image, segment.descriptor(), born.geometry);
  // killed here: nothing; a file without a name goes with its last descriptor.
  Attachment::give_name(path, options, segment.descriptor(), replace);

  ImageReport report;
  report.objects = head.objects;
  report.bytes = image.file_bytes();
  return report;
}

}  // namespace ipcarc::detail
