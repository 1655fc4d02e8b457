// Starts the console.

import { mount } from "svelte";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/parts.css";
import "./styles/forced.css";
import "./styles/arrangement.css";
import App from "./App.svelte";

const target = document.getElementById("app");
if (target) mount(App, { target });
