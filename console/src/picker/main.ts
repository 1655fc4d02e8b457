// Starts the picker: the page on which a person chooses files for a product.

import { mount } from "svelte";
import "../styles/fonts.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/controls.css";
import "../styles/parts.css";
import "../styles/forced.css";
import "../styles/arrangement.css";
import Picker from "./Picker.svelte";

const target = document.getElementById("picker");
if (target) mount(Picker, { target });
