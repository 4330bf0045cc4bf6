import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses, so that any server can serve it from any folder.
  base: "./",
  build: { assetsDir: "" },
  plugins: [react()],
});
