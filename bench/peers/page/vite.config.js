import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Relative addresses, so that any server can serve it from any folder.
export default defineConfig({ base: "./", plugins: [react()] });
