import { serve } from "./line.js";
import { makePlugin } from "./plugin.js";

serve(makePlugin);
