// Text with entities to nodes. Offsets are UTF-16 units, which is what JavaScript strings count.

const TAGS = {
  bold: "b",
  italic: "i",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

/** Return a fragment that shows `text`; entities come sorted, the outer one before the inner. */
export function formatted(text, entities) {
  return slice(text, 0, text.length, entities);
}

function slice(text, from, to, entities) {
  const nodes = document.createDocumentFragment();
  let at = from;
  for (let index = 0; index < entities.length; index += 1) {
    const entity = entities[index];
    const end = entity.offset + entity.length;
    if (entity.offset < at || end > to) continue;
    const inner = entities.slice(index + 1).filter((other) => other.offset < end);
    nodes.append(text.slice(at, entity.offset), element(text, entity, inner));
    at = end;
  }
  nodes.append(text.slice(at, to));
  return nodes;
}

function element(text, entity, inner) {
  const end = entity.offset + entity.length;
  const node = document.createElement(TAGS[entity.type] ?? "span");
  if (entity.type === "text_link" || entity.type === "url") {
    return link(entity.url ?? text.slice(entity.offset, end), slice(text, entity.offset, end, inner));
  }
  if (entity.type === "spoiler") {
    node.className = "spoiler";
    node.tabIndex = 0;
  }
  node.append(slice(text, entity.offset, end, inner));
  return node;
}

/** Return a link that opens elsewhere; anything but http and https stays plain text. */
export function link(url, content) {
  const node = document.createElement("a");
  node.append(content);
  if (/^https?:\/\//i.test(url)) {
    node.href = url;
    node.target = "_blank";
    node.rel = "noopener noreferrer";
  }
  return node;
}
