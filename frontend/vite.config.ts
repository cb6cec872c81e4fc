import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Each page has a bundle of a fixed name, which its HTML names; what they share lies under /static/chunks/. */
const PAGES = {
  pages: "src/pages/main.ts",
  phone: "src/phone/main.tsx",
  agent: "src/agent/main.tsx",
  supervisor: "src/supervisor/main.ts",
  admin: "src/admin/main.tsx",
};

export default defineConfig({
  base: "/static/",
  plugins: [react()],
  publicDir: "public",
  // Sass compresses: GOV.UK Frontend has a media query for Internet Explorer that stricter minifiers refuse
  css: { preprocessorOptions: { scss: { style: "compressed" } } },
  build: {
    outDir: "../voicebot/web/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssMinify: false,
    rolldownOptions: {
      input: PAGES,
      checks: { pluginTimings: false },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "chunks/[name]-[hash].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
