// Copies the pinned front-end packages into static/vendor, each with its licence. Run after `npm ci`.
// Of the icons those alone that pages draw (`icon("name")` in templates and admin_web/pages.py).
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "static", "vendor");
const files = {
  "htmx.org/dist/htmx.min.js": "htmx.min.js",
  "htmx.org/LICENSE": "htmx.LICENSE.txt",
  "modern-normalize/modern-normalize.css": "modern-normalize.css",
  "modern-normalize/license": "modern-normalize.LICENSE.txt",
};
const icons = [
  "calendar-days", "camera", "chart-column", "chevron-left", "chevron-right", "circle-user", "download",
  "ellipsis", "image", "inbox", "rotate-ccw", "scan-face", "scan-search", "search", "settings", "shield-user",
  "undo-2", "user-plus", "users", "x",
];

rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, "icons"), { recursive: true });
for (const [source, name] of Object.entries(files)) {
  copyFileSync(join(here, "node_modules", source), join(target, name));
}
for (const name of icons) {
  copyFileSync(join(here, "node_modules/lucide-static/icons", `${name}.svg`), join(target, "icons", `${name}.svg`));
}
copyFileSync(join(here, "node_modules/lucide-static/LICENSE"), join(target, "icons", "LICENSE.txt"));
