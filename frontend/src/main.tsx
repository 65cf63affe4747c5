import { render } from 'preact';
import './styles.css';
import { Dashboard, followLocale } from './dashboard';
import { createApi } from './net/api';
import { canUseWorker, chooseMode, chooseView } from './player/player';
import { Store } from './store';
import { App } from './views/app';

const { search } = location;
const dashboard = new Dashboard(new Store(), createApi(), {
  mode: chooseMode(search, canUseWorker()),
  view: chooseView(search),
});
followLocale();
render(<App dashboard={dashboard} />, document.getElementById('app') as HTMLElement);
dashboard.start();
