/** VitePress's own theme, with the fonts of the reader's machine. */
import './wide.css';

export { default } from 'vitepress/theme-without-fonts';
