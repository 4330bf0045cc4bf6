import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: { rollupOptions: { input: ["stompjs.html", "rx-stomp.html", "by-hand.html"] } },
});
